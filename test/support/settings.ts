import type { AccountSettings } from '../../src/accounts/accounts.js'

/** Of every account in the tests. */
export const SETTINGS: AccountSettings = { timeZoneOf: () => 'UTC', regionOf: () => 'US' }
