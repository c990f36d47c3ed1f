/** Classes of SQLSTATE that say the data itself is at fault: data exception, constraint violation, program limit. */
const POISON_CLASSES = ['22', '23', '54']

/** The SQLSTATE of a database error, looked for through `cause`, since drizzle wraps it. Null for any other error. */
export function sqlStateOf (err: unknown): string | null {
  for (let at = err, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code, severity } = at as { code?: unknown, severity?: unknown } // pg's DatabaseError has both
    if (typeof code === 'string' && typeof severity === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code
  }
  return null
}

/** True when the data itself is at fault, so that trying again can never help. */
export function isPoison (err: unknown): boolean {
  const state = sqlStateOf(err)
  return state !== null && POISON_CLASSES.includes(state.slice(0, 2))
}
