import { type DestinationStream, type Logger, pino } from 'pino'
import pretty from 'pino-pretty'
import { sqlStateOf } from './db/sqlstate.js'

/** JSON lines, or readable ones on a terminal; tests take the lines themselves. Errors are logged without what they quote. */
export function createLogger (level: string, terminal: boolean, lines?: DestinationStream): Logger {
  const options = { level, base: null, serializers: { err: describeError, req: () => undefined, res: () => undefined } }
  const out = lines ?? (terminal
    ? pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', sync: true })
    : pino.destination({ dest: 1, sync: true })) // a line that is still in memory when the process dies explains nothing
  return pino(options, out)
}

/** A database's message and details quote the values that it refuses, drizzle's the whole statement: only their codes are kept. */
export function describeError (err: unknown): object {
  if (!(err instanceof Error)) return { type: typeof err }
  const { code, table, constraint, routine } = err as { code?: string, table?: string, constraint?: string, routine?: string } // pg's DatabaseError has them
  const state = sqlStateOf(err)
  if (state) return { type: err.name, code: state, table, constraint, routine }
  return {
    type: err.name,
    code,
    message: err.message.startsWith('Failed query') ? 'a query failed' : err.message,
    stack: err.stack?.split('\n').filter(line => line.startsWith('    at ')).join('\n'),
    ...(err.cause !== undefined && { cause: describeError(err.cause) })
  }
}
