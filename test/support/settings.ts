import type { AccountSettings } from '../../src/accounts/accounts.js'

/** The settings of every account in the tests. */
export const SETTINGS: AccountSettings = {
  timeZoneOf: () => 'UTC',
  regionOf: () => 'US',
  droppedUnderSecondsOf: () => 4
}
