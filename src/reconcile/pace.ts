import type { Reader } from './reader.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** How often a route is read: while there is traffic, and while there is none. */
interface Pace {
  busyMs: number
  quietMs: number
}

/** With three users' keys, ten busy hours and fourteen quiet ones, some 820 requests a day of the 2,500 that MightyCall allows. */
const PACES: Record<Reader['route'], Pace> = {
  calls: { busyMs: 5 * MINUTE_MS, quietMs: 15 * MINUTE_MS },
  journal: { busyMs: 5 * MINUTE_MS, quietMs: 15 * MINUTE_MS },
  voicemails: { busyMs: 5 * MINUTE_MS, quietMs: 30 * MINUTE_MS },
  presence: { busyMs: 10 * MINUTE_MS, quietMs: HOUR_MS },
  contacts: { busyMs: 30 * MINUTE_MS, quietMs: 2 * HOUR_MS },
  numbers: { busyMs: 12 * HOUR_MS, quietMs: 24 * HOUR_MS },
  extensions: { busyMs: 12 * HOUR_MS, quietMs: 24 * HOUR_MS }
}

/** After the last sign of life an account counts as busy for so long. */
const BUSY_FOR_MS = 30 * MINUTE_MS

export interface PaceOptions {
  route: Reader['route']
  /** Null: never. */
  lastReadAt: Date | null
  /** When the account's last webhook came, or REST told something new. Null: never. */
  lastTrafficAt: Date | null
  now: Date
}

/** Whether a route is to be read now: often after traffic, seldom at night. */
export function isDue ({ route, lastReadAt, lastTrafficAt, now }: PaceOptions): boolean {
  if (lastReadAt === null) return true
  const isBusy = lastTrafficAt !== null && now.getTime() - lastTrafficAt.getTime() < BUSY_FOR_MS
  const { busyMs, quietMs } = PACES[route]
  return now.getTime() - lastReadAt.getTime() >= (isBusy ? busyMs : quietMs)
}
