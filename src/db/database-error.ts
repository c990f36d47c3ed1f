import { DatabaseError } from '../errors.js'

/** What an operator can do about it, by SQLSTATE or by the code of the network's error. */
const ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'the server refuses the user or the password',
  28000: 'the server refuses the user or the password',
  '3D000': 'the database does not exist: create it',
  42501: 'the role may not do this: grant it CREATE on the database, or migrate as its owner',
  53300: 'the server has no connection left: raise max_connections, or lower DATABASE_POOL_SIZE',
  '55P03': 'another process has been migrating, or has held a table, for 60 s: try again when it is done',
  '57P03': 'the server is starting: try again',
  '0A000': 'the server lacks the extension pg_trgm: install its contrib package',
  25006: 'the server is read-only: point to the primary',
  ECONNREFUSED: 'nothing listens at its address: start the server, or correct host and port',
  ENOTFOUND: 'its host is unknown: correct it',
  EAI_AGAIN: 'its host cannot be looked up now: try again',
  ENOENT: 'its unix socket is not there: start the server, or correct the path',
  ERR_INVALID_URL: 'it is no URL: postgres://user:password@host:5432/database'
}

/** Classes whose messages quote the values that were sent: data exceptions and violated constraints. */
const QUOTES_VALUES = /^2[23]/

/** The error as one line for the operator: never with a parameter, which drizzle prints, and never with the URL. */
export function asDatabaseError (err: unknown): Error {
  if (err instanceof DatabaseError) return err
  const { code, message } = rootOf(err)
  const advice = code && ADVICE[code]
  if (advice) return new DatabaseError(`${advice} (${code})`)
  const said = code && QUOTES_VALUES.test(code) ? 'a statement failed' : firstLine(message)
  return new DatabaseError(code ? `${said} (${code})` : said)
}

function rootOf (err: unknown): { code?: string | undefined, message: string } {
  if (!(err instanceof Error)) return { message: String(err) }
  if (err.cause instanceof Error) return rootOf(err.cause)
  return { code: 'code' in err ? String(err.code) : undefined, message: err.message }
}

function firstLine (message: string): string {
  return message.split('\n')[0] ?? message
}
