/** Classes of SQLSTATE that say the data itself is at fault: data exception, constraint violation, program limit. */
const POISON_CLASSES = ['22', '23', '54']

/** The SQLSTATE of a database error, looked for through `cause`, since drizzle wraps it. Null for any other error. */
export function sqlStateOf(err: unknown): string | null {
  for (let at = err, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code, severity } = at as { code?: unknown; severity?: unknown } // pg's DatabaseError has both
    if (typeof code === 'string' && typeof severity === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code
  }
  return null
}

/** True when the data itself is at fault, so that trying again can never help. */
export function isPoison(err: unknown): boolean {
  const state = sqlStateOf(err)
  return state !== null && POISON_CLASSES.includes(state.slice(0, 2))
}

/** Connection exceptions, and a server that stops, starts or has no resources left. */
const AWAY_STATES = /^(08...|57P0[1-4]|53...)$/
const AWAY_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH'
]
/** What pg says without a code. */
const AWAY_MESSAGES =
  /^(Connection terminated|Client (was closed|has encountered a connection error)|timeout exceeded when trying to connect|Query read timeout)/

/** True when the database cannot be reached or does not serve now: another try later may well succeed. */
export function isAway(err: unknown): boolean {
  const state = sqlStateOf(err)
  if (state !== null) return AWAY_STATES.test(state)
  for (let at = err, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (AWAY_CODES.includes(String((at as { code?: unknown }).code)) || AWAY_MESSAGES.test(at.message)) return true
  }
  return false
}
