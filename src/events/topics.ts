/**
 * The names of the topics. The name of a Kafka topic is the prefix and this name, like `mightycall.calls`. To add a
 * topic, add its name here.
 */
export const TOPICS = ['calls', 'voicemails', 'messages', 'statuses', 'directory', 'unclassified'] as const
export type Topic = (typeof TOPICS)[number]

export function isTopic(name: string): name is Topic {
  return (TOPICS as readonly string[]).includes(name)
}
