/** So many calls without a match are no chance. */
export const MISMATCH_CALLS = 20

/** A call that REST told. */
export interface Judged {
  startedAt: Date
  /** A webhook knows it by the same id. */
  isMatched: boolean
}

/**
 * That REST and webhooks use the same ids is inferred, not documented. They do not when none of the last calls of REST has a match, and
 * webhooks told of about as many in that time. When webhooks told of none they are silent, which says nothing of ids: those calls must be created.
 * @param reported    the last ones, in any order
 * @param unreported  calls that webhooks told in that time, and REST did not by the same id
 */
export function isMismatch (reported: readonly Judged[], unreported: number): boolean {
  return reported.length >= MISMATCH_CALLS && !reported.some(call => call.isMatched) && unreported >= MISMATCH_CALLS / 2
}
