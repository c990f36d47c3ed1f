import { journalOf } from './alarm-journal.js'

/**
 * What an alarm speaks of.
 *
 * event    one event, such as a lost record; nothing ends it
 * process  a condition of one process; it ends when the process says so, or starts anew without raising it again
 * system   a condition of the whole system; it survives restarts, and ends when any process says so
 */
export type AlarmScope = 'event' | 'process' | 'system'

interface Alarm {
  scope: AlarmScope
  /** The members of the log line that tell one occurrence of the alarm from another, such as the account. */
  subject?: readonly string[]
  cause: string
  action: string
}

/**
 * Every alarm, by name. An alarm is a log line at level error with the member `alarm`; it is counted by the metric
 * `mcs_alarms_total` and listed by GET /v1/system. A name is never changed: dashboards and scripts match on it.
 * docs/alarms.md is generated from this table.
 */
export const ALARMS = {
  'accounts-reload-failed': {
    scope: 'process',
    cause:
      'ACCOUNTS_FILE could not be read again after SIGHUP, or its content is not valid. The accounts did not change.',
    action: 'Correct the file as the log line says, then send SIGHUP again.'
  },
  'api-key-mismatch': {
    scope: 'system',
    subject: ['account'],
    cause:
      'A notification with a valid webhook token carries another ApiKey than the one configured for the account. It ' +
      'is stored, but not projected.',
    action:
      'Correct MIGHTYCALL_API_KEY (or apiKey in ACCOUNTS_FILE), then run "mightycall-stream reclassify ' +
      '--accept-api-key". If the key is right, another MightyCall account posts to this webhook address.'
  },
  'checkpoint-went-back': {
    scope: 'event',
    cause: 'The database is older than what this process projected into it, for example because a backup was restored.',
    action:
      'Nothing if you have restored the database: reading starts again at its checkpoint. Otherwise find out who did.'
  },
  connections: {
    scope: 'event',
    cause: 'The process has as many open connections as its limit of open files allows, and closes new ones.',
    action: 'Raise the limit of open files (ulimit -n), or find the client that opens so many connections.'
  },
  'dead-letter': {
    scope: 'event',
    cause: 'A record could not be decoded or inserted, and never will be. It is kept as a dead letter.',
    action: 'Look at it with "mightycall-stream dead-letters", correct the cause, then run "redrive" or "discard".'
  },
  'embedded-postgres': {
    scope: 'process',
    cause:
      'The embedded Postgres has ended or cannot be started. Webhooks are received and kept in the event log, but ' +
      'nothing is projected, and the API answers with 503.',
    action:
      'Read the problem in the log line; most often the disk is full, and needs at least 64 MB free. The service ' +
      'starts Postgres again by itself.'
  },
  'fold-failed': {
    scope: 'event',
    cause: 'The rows of an entity could not be computed from its events. The events are stored.',
    action: 'Report the error of the log line. A version that corrects the fold computes the rows again by itself.'
  },
  'id-mismatch': {
    scope: 'system',
    subject: ['account'],
    cause:
      '20 calls in a row have different ids in the REST API and in webhooks. Calls known only by REST are not created.',
    action: 'Check that the API key and the webhook address belong to the same MightyCall account.'
  },
  'log-damage': {
    scope: 'event',
    cause:
      'Records of the local event log or of the spool cannot be read. The others are used. The log line says whether ' +
      'they are known to have been synced.',
    action:
      'Check the disk. The log line has the segment, the number of lost records and when they were received; GET ' +
      '/v1/system lists them as holes. Read that time from MightyCall with "mightycall-stream backfill".'
  },
  'log-failed': {
    scope: 'process',
    cause: 'The disk refused to sync or to truncate the event log, so it accepts nothing until a restart.',
    action: 'Check the disk, then restart the service.'
  },
  'log-hole': {
    scope: 'event',
    cause: 'Records were removed from the log before they were projected, or the log was replaced by another one.',
    action:
      'GET /v1/system lists the missing ranges. Restore them from another copy of the topic, or read the interval ' +
      'from MightyCall with "mightycall-stream backfill".'
  },
  'log-refused': {
    scope: 'process',
    cause:
      'The disk refused a write to the event log, or the log has reached its maximum size. Webhooks get status 503.',
    action: 'Free space on the disk, or raise SPOOL_MAX_BYTES.'
  },
  'not-started': {
    scope: 'process',
    subject: ['part'],
    cause:
      'A part of the service, which the log line names, cannot start yet; usually Postgres or Kafka is not reachable.',
    action: 'Start or correct the server that the log line names. The service tries again by itself.'
  },
  'not-understood': {
    scope: 'system',
    subject: ['account'],
    cause: 'More than half of the last 20 notifications of an account are unclassified: stored, but not projected.',
    action:
      'Look at the reasons in GET /v1/events?kind=unclassified, and at GET /v1/drift. Update to a version that knows ' +
      'the notifications, then run "mightycall-stream reclassify".'
  },
  overloaded: {
    scope: 'event',
    cause: 'Too many notifications wait for the event log, and new ones are answered with 503.',
    action: 'Check the speed of the disk and of Kafka, or add receivers.'
  },
  'projector-stopped': {
    scope: 'system',
    cause: 'Too many records failed one after the other, or reading could not start again. Nothing is projected.',
    action:
      'GET /health/ready/project says why. Correct the cause, then run "mightycall-stream resume"; if reading could ' +
      'not start again, restart the service.'
  },
  'record-set-aside': {
    scope: 'event',
    cause: 'Kafka refused a record for good. It is kept in the spool, and the records after it are sent.',
    action: 'Compare max.message.bytes of the topic with the size in the log line, then run "mightycall-stream drain".'
  },
  'rest-credentials': {
    scope: 'process',
    subject: ['account'],
    cause: 'MightyCall refuses the API key or the user key of an account. Its REST API is not read any more.',
    action: 'Correct the keys of the account, then send SIGHUP or restart the service.'
  },
  'rest-rows-unread': {
    scope: 'system',
    subject: ['account', 'route'],
    cause: 'Rows of a REST response cannot be read. The hours that they may belong to stay unknown.',
    action: 'GET /v1/drift lists what they contain. Report it: MightyCall has changed its API.'
  },
  'spool-damaged': {
    scope: 'event',
    cause: 'The end of the spool cannot be read, and is skipped.',
    action: 'Check the disk. The log line tells how many records are lost.'
  },
  'spool-left': {
    scope: 'process',
    cause: 'The service has stopped while notifications still wait in the spool for Kafka.',
    action: 'Start the service again with the same DATA_DIR, or run "mightycall-stream drain".'
  },
  'spool-old': {
    scope: 'process',
    cause: 'Notifications have waited in the spool for longer than SPOOL_MAX_AGE_HOURS. None is dropped.',
    action: 'Bring Kafka back.'
  },
  'spool-unreadable': {
    scope: 'process',
    cause: 'The disk refuses to read the spool, so it cannot be drained. The service tries again by itself.',
    action: 'Check the disk.'
  },
  spooling: {
    scope: 'process',
    cause: 'Kafka does not accept records. Notifications are kept on the disk of this process until it does.',
    action: 'Check Kafka. The spool is drained by itself.'
  },
  'topic-settings': {
    scope: 'process',
    subject: ['topic', 'setting'],
    cause:
      'A topic that existed before has settings that promise less durability than those this service would create.',
    action: 'Change the setting that the log line names.'
  },
  'unsupported-encoding': {
    scope: 'event',
    cause: 'A notification has a Content-Encoding that cannot be decoded. It was answered with 415 and is not stored.',
    action: 'Configure the proxy in front of the service to compress with gzip, deflate or br only, or not at all.'
  },
  'webhook-silence': {
    scope: 'system',
    subject: ['account'],
    cause:
      'At least three calls that the REST API reported have ended, and no webhook of the account that is understood ' +
      'has arrived since the first of them began.',
    action: 'Check the webhook address in MightyCall, and that MightyCall can reach it.'
  }
} as const satisfies Record<string, Alarm>

export type AlarmName = keyof typeof ALARMS

/** The details of an alarm, as they are logged. They contain no payload, number or secret. */
export interface AlarmDetails {
  alarm: AlarmName
  [detail: string]: unknown
}

interface ErrorLogger {
  error: (details: object, message: string) => void
}

/** Logs an alarm, and notes it in the journal of the logger. */
export function raiseAlarm(log: ErrorLogger | undefined, details: AlarmDetails, message: string): void {
  log?.error(details, message)
  journalOf(log)?.raise(details.alarm, subjectOf(details))
}

/**
 * Notes that a condition does not hold, whether or not this process has raised it.
 * @returns whether this process had raised it
 */
export function resolveAlarm(log: object | undefined, details: AlarmDetails): boolean {
  return journalOf(log)?.resolve(details.alarm, subjectOf(details)) ?? false
}

/** Returns what the alarm is about, such as `default` for an account, or an empty string. */
function subjectOf(details: AlarmDetails): string {
  const { subject = [] }: Alarm = ALARMS[details.alarm]
  return subject.map(member => String(details[member])).join(' ')
}
