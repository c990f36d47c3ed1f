// All advisory locks of ours but one (access/ownerships.ts hashes a text to 64 bits). Any numbers will do: two of the
// same stop each other.

/** Of one number. */
export const LOCKS = {
  migration: 5_202_612_345,
  drift: 5_202_612_346,
  rebuild: 5_202_612_347,
  reconciler: 5_202_612_348,
  changes: 5_202_612_349,
  backfiller: 5_202_612_350
} as const

/** Of two: the class, and what is locked of it. */
export const LOCK_CLASSES = {
  heldCalls: 526_123,
  backfills: 526_124
} as const
