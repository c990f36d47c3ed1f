import type { CountryCode } from 'libphonenumber-js/min'
import type { Event } from '../../events/event.js'
import { cleanName } from '../../events/text.js'
import type { UnclassifiedEvent, UnclassifiedReason } from '../../events/unclassified.js'
import type { Fields } from './fields.js'

/** What an event is before it is known what happened. */
export type Identified = Pick<Event, 'id' | 'account' | 'occurredAt' | 'receivedAt' | 'clock'>
export type Original = Pick<Event, 'raw' | 'rawEncoding'>

/** A notification that is an object, ready to be classified. */
export interface ReadableNotification {
  identified: Identified
  fields: Fields
  original: Original
  /** Where a number without a country code is. */
  region: CountryCode
}

/** The fields that every event of a notification begins with. */
export function commonFields<T extends Event['type']>(
  type: T,
  { id, account, occurredAt, receivedAt, clock }: Identified
) {
  return { id, type, account, occurredAt, receivedAt, ...(clock && { clock }), source: 'webhook' as const }
}

export function toUnclassified(
  identified: Identified,
  reason: UnclassifiedReason,
  fields: Fields | null,
  original: Original
): UnclassifiedEvent {
  return { ...commonFields('unclassified', identified), reason, eventType: cleanName(fields?.eventType), ...original }
}
