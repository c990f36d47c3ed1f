/** The SQLSTATE classes of errors that the data causes: data exception, constraint violation, program limit. */
const DATA_ERROR_CLASSES = ['22', '23', '54']

/** Returns the SQLSTATE of a database error or of its `cause`, since drizzle wraps it. Null for any other error. */
export function sqlStateOf(err: unknown): string | null {
  for (let at = err, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code, severity } = at as { code?: unknown; severity?: unknown } // pg's DatabaseError has both
    if (typeof code === 'string' && typeof severity === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code
  }
  return null
}

/** True when the data causes the error, so that a retry cannot succeed. */
export function isDataError(err: unknown): boolean {
  const state = sqlStateOf(err)
  return state !== null && DATA_ERROR_CLASSES.includes(state.slice(0, 2))
}

/** The SQLSTATEs of a schema, a table or a column that does not exist. */
const MISSING_STATES = ['3F000', '42P01', '42703']

/** True when the schema of the database is older than this version, or is being created. */
export function isSchemaMissing(err: unknown): boolean {
  return MISSING_STATES.includes(sqlStateOf(err) ?? '')
}

/** The SQLSTATEs of connection exceptions, and of a server that stops, starts or has no resources left. */
const UNAVAILABLE_STATES = /^(08...|57P0[1-4]|53...)$/
const UNAVAILABLE_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH'
]
/** The messages of pg's errors that have no code. */
const UNAVAILABLE_MESSAGES = [
  'Connection terminated',
  'Client was closed',
  'Cannot use a pool after calling end',
  'Client has encountered a connection error',
  'timeout exceeded when trying to connect',
  'Query read timeout'
]

/** True when the database cannot be reached or does not accept queries now, so that a later retry may succeed. */
export function isDatabaseUnavailable(err: unknown): boolean {
  const state = sqlStateOf(err)
  if (state !== null) return UNAVAILABLE_STATES.test(state)
  for (let at = err, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code, message } = at as Error & { code?: unknown } // Node and pg set the code
    if (UNAVAILABLE_CODES.includes(String(code))) return true
    if (UNAVAILABLE_MESSAGES.some(text => message.startsWith(text))) return true
  }
  return false
}
