import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import pretty from 'pino-pretty'
import { sqlStateOf } from '../lib/sqlstate.js'

export interface LogOptions {
  level: string
  /** Readable lines instead of JSON. */
  terminal?: boolean
  /** Told the name of each line that has one: { alarm: 'log-hole', … } */
  onAlarm?: (name: string) => void
  /** Where the lines go instead of standard output. */
  lines?: DestinationStream
}

/** JSON lines, or readable ones on a terminal. Errors are logged without what they quote. */
export function createLogger({ level, terminal = false, onAlarm = () => {}, lines }: LogOptions): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    serializers: { err: describeError, req: () => undefined, res: () => undefined },
    hooks: {
      logMethod(args, method) {
        const [first] = args as unknown[] // pino types the first argument as a string
        if (typeof first === 'object' && first !== null && 'alarm' in first) onAlarm(String(first.alarm))
        method.apply(this, args)
      }
    }
  }
  const out =
    lines ??
    (terminal
      ? pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', sync: true })
      : // a line that is still in memory when the process dies explains nothing
        pino.destination({ dest: 1, sync: true }))
  return pino(options, out)
}

/**
 * A database's message and details quote the values that it refuses, drizzle's the whole statement: only their codes
 * are kept.
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
