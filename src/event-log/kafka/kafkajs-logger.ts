import { type LogEntry, logLevel } from 'kafkajs'
import type { Logger } from 'pino'

/**
 * Sends what kafkajs logs to pino. Only the named fields pass, so no body, stack or secret does.
 * kafkajs calls an error what it then retries, once per connection and try: those go to debug, since the outcome is
 * logged by whoever asked for the work.
 */
export function kafkajsLogger (log: Logger): () => (entry: LogEntry) => void {
  return () => ({ namespace, level, log: entry }) => {
    const fields = { namespace, kafkajs: entry.message, ...pick(entry) }
    if (level === logLevel.ERROR && !isExpected(namespace, entry)) log.warn(fields, 'kafkajs reported an error')
    else log.debug(fields, 'kafkajs reported')
  }
}

const FIELDS = ['broker', 'groupId', 'memberId', 'topic', 'partition', 'error', 'retryCount']
const REPORTED_BY_US = /^(Connection|RequestQueue|BrokerPool|Cluster|Producer|Consumer|SaslAuthenticator)/

function isExpected (namespace: string, entry: LogEntry['log']): boolean {
  return 'retryCount' in entry || REPORTED_BY_US.test(namespace)
}

function pick (entry: LogEntry['log']): Record<string, unknown> {
  const simple = ([name, value]: [string, unknown]) => FIELDS.includes(name) && typeof value !== 'object'
  return Object.fromEntries(Object.entries(entry).filter(simple))
}
