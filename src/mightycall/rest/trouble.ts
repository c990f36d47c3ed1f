/** What a caller can do about it. */
const KINDS = {
  MCS_REST_AUTH: 'auth', // nothing, until the configuration is reloaded
  MCS_QUOTA: 'quota', // wait until `until`: the budget is ours
  MCS_REST_BLOCKED: 'blocked', // wait until `until`: MightyCall says so
  MCS_REST_UNAVAILABLE: 'unavailable', // try again later
  MCS_REST_UNEXPECTED: 'unexpected', // somebody has to look at it
  MCS_REST_NOT_FOUND: 'not-found',
  MCS_REST_REFUSED: 'refused' // the request is at fault, or the role of the user
} as const

export type TroubleKind = typeof KINDS[keyof typeof KINDS]

export interface Trouble {
  kind: TroubleKind
  /** When to try again, where that is known. */
  until: Date | null
}

/** What went wrong in a request to MightyCall, or null for any other error: Postgres, which keeps the quota, may be away. */
export function troubleOf (err: unknown): Trouble | null {
  if (!(err instanceof Error)) return null
  const { code, until } = err as { code?: unknown, until?: unknown } // createError's, and what `untilThen` adds
  if (typeof code !== 'string' || !Object.hasOwn(KINDS, code)) return null
  return { kind: KINDS[code as keyof typeof KINDS], until: until instanceof Date ? until : null } // just looked for
}

type UntilError = new (until: string) => Error

/** An error that knows until when. */
export function untilThen (AnError: UntilError, until: Date): Error {
  return Object.assign(new AnError(until.toISOString()), { until })
}
