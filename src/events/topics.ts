/**
 * The topics of facts, by their names within the log. A Kafka topic is the prefix and this name: `mightycall.calls`.
 * A new topic is one line here.
 */
export const TOPICS = ['calls', 'voicemails', 'messages', 'statuses', 'directory', 'unclassified'] as const
export type Topic = (typeof TOPICS)[number]

export function isTopic(name: string): name is Topic {
  return (TOPICS as readonly string[]).includes(name)
}
