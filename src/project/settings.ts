import type { CountryCode } from 'libphonenumber-js/min'

/** What projecting needs to know of an account. */
export interface AccountSettings {
  /** IANA. Reports are by its days. */
  timeZoneOf: (account: string) => string
  /** Where a number without a country code is. */
  regionOf: (account: string) => CountryCode
}
