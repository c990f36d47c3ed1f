import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import pretty from 'pino-pretty'
import { sqlStateOf } from '../lib/sqlstate.js'
import { type AlarmJournal, attachJournal } from './alarm-journal.js'

export interface LogOptions {
  level: string
  /** Readable lines instead of JSON. */
  terminal?: boolean
  /** Notes the alarms that are raised with this logger. */
  alarms?: AlarmJournal
  /** The destination of the lines instead of standard output. */
  lines?: DestinationStream
}

/** Writes JSON lines, or readable ones on a terminal. Errors are logged without the values that they quote. */
export function createLogger({ level, terminal = false, alarms, lines }: LogOptions): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    serializers: { err: describeError, req: () => undefined, res: () => undefined }
  }
  const out =
    lines ??
    (terminal
      ? pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', singleLine: true, sync: true })
      : // asynchronous lines would be lost when the process crashes
        pino.destination({ dest: 1, sync: true }))
  const logger = pino(options, out)
  if (alarms) attachJournal(logger, alarms)
  return logger
}

/**
 * Describes an error for the log. The message of a Postgres error quotes values, and that of drizzle the statement, so
 * only the codes of these are kept.
 */
export function describeError(err: unknown): object {
  if (!(err instanceof Error)) return { type: typeof err }
  const { code, table, constraint, routine } = err as {
    code?: string
    table?: string
    constraint?: string
    routine?: string
  } // pg's DatabaseError has them
  const state = sqlStateOf(err)
  if (state) return { type: err.name, code: state, table, constraint, routine }
  return {
    type: err.name,
    code,
    message: err.message.startsWith('Failed query') ? 'a query failed' : err.message,
    stack: err.stack
      ?.split('\n')
      .filter(line => line.startsWith('    at '))
      .join('\n'),
    ...(err.cause !== undefined && { cause: describeError(err.cause) })
  }
}
