import type { CountryCode } from 'libphonenumber-js/min'
import type { Event } from '../../events/event.js'
import { cleanName } from '../../events/text.js'
import type { UnclassifiedEvent, UnclassifiedReason } from '../../events/unclassified.js'
import type { Fields } from './fields.js'

/** The identity and times of an event, which are known before its type. */
export type Identified = Pick<Event, 'id' | 'account' | 'occurredAt' | 'receivedAt' | 'clock'>
export type Original = Pick<Event, 'raw' | 'rawEncoding'>

/** A notification whose body is an object, ready to be classified. */
export interface ReadableNotification {
  identified: Identified
  fields: Fields
  original: Original
  /** The country of numbers without a country code. */
  region: CountryCode
}

/** Returns the fields that all events of notifications have in common. */
export function commonFields<T extends Event['type']>(
  type: T,
  { id, account, occurredAt, receivedAt, clock }: Identified
) {
  return { id, type, account, occurredAt, receivedAt, ...(clock && { clock }), source: 'webhook' as const }
}

export function toUnclassified(
  reason: UnclassifiedReason,
  { identified, fields, original }: { identified: Identified; fields: Fields | null; original: Original }
): UnclassifiedEvent {
  return { ...commonFields('unclassified', identified), reason, eventType: cleanName(fields?.eventType), ...original }
}
