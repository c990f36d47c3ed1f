import type { AccountSettings } from '../../src/project/settings.js'

/** Of every account in the tests. */
export const SETTINGS: AccountSettings = { timeZoneOf: () => 'UTC', regionOf: () => 'US' }
