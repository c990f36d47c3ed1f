import type { CountryCode } from 'libphonenumber-js/min'
import type { Event } from '../../events/event.js'
import { momentOf } from '../../events/time.js'
import { isObject } from '../../lib/json.js'
import { readJson } from '../read-json.js'
import { classify } from './classify.js'
import { fieldsOf } from './fields.js'

/** The ApiKey was taken away when it came. */
const KEYLESS = { apiKey: null }

/**
 * The event as today's parser reads what MightyCall sent then. Its id, account, receivedAt, source and raw stay: it is
 * the same event.
 * What today's parser cannot classify, what did not come by webhook, and what carried another ApiKey stays wholly as it
 * is. Never throws.
 *
 * @param event   of a record, or of a row of `events`: see project/stored-events.ts
 * @param region  where a number without a country code is
 */
export function reparse(event: Event, region: CountryCode): Event {
  if (event.source !== 'webhook' || (event.type === 'unclassified' && event.reason === 'api-key-mismatch')) return event
  const value = notificationOf(event)
  if (value === null) return event
  const fields = fieldsOf(value)
  const { id, account, receivedAt, raw, rawEncoding } = event
  const { occurredAt, suspect } = momentOf(fields.timestamp, new Date(receivedAt))
  const parsed = classify({
    identified: {
      id,
      account,
      occurredAt: suspect ? receivedAt : occurredAt,
      receivedAt,
      ...(suspect && { clock: 'suspect' })
    },
    fields,
    original: { raw, ...(rawEncoding && { rawEncoding }) },
    region
  })
  return parsed.type === 'unclassified' ? event : parsed
}

/**
 * What was read from bytes when they came is read from them again; its ApiKey was blanked, so it can only have become
 * less.
 */
function notificationOf({ raw, rawEncoding }: Event): Record<string, unknown> | null {
  if (typeof raw !== 'string') return isObject(raw) ? raw : null
  const read = rawEncoding ? readJson(Buffer.from(raw, 'base64'), KEYLESS) : 'not-an-object'
  return typeof read === 'string' ? null : read.value
}
