// All advisory locks but one: the access stage also locks hashes of text. The numbers are arbitrary, but must differ,
// since holders of equal numbers would block each other.

/** Locks with a single 64-bit number. */
export const LOCKS = {
  migration: 5_202_612_345,
  drift: 5_202_612_346,
  rebuild: 5_202_612_347,
  reconciler: 5_202_612_348,
  changes: 5_202_612_349,
  backfiller: 5_202_612_350
} as const

/** The first of two 32-bit numbers; the second one identifies the locked object. */
export const LOCK_CLASSES = {
  heldCalls: 526_123,
  backfills: 526_124
} as const
