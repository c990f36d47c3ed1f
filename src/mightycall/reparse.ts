import type { CountryCode } from 'libphonenumber-js/min'
import type { Event } from '../events/event.js'

export function reparse (event: Event, _region: CountryCode): Event {
  return event
}
