import type { CountryCode } from 'libphonenumber-js/min'
import type { Event } from '../../events/event.js'
import { momentOf } from '../../events/time.js'
import { isObject } from '../../lib/json.js'
import { readJson } from '../read-json.js'
import { toUtf8 } from './character-encoding.js'
import { classify } from './classify.js'
import { fieldsOf } from './fields.js'

/** The ApiKey was removed on receipt. */
const NO_KEY = { apiKey: null }

export interface ReparseOptions {
  region: CountryCode
  /** True when notifications with another ApiKey belong to the account all the same. */
  acceptApiKey?: boolean
}

/**
 * Parses the original of a stored event again with the current parser. The id, account, receivedAt, source and raw of
 * the event stay the same. Events that the current parser cannot classify, that did not come by webhook, or that had
 * another ApiKey (unless `acceptApiKey`) are returned unchanged. Never throws.
 *
 * @param options.region  the country of numbers without a country code
 */
export function reparse(event: Event, { region, acceptApiKey = false }: ReparseOptions): Event {
  if (event.source !== 'webhook') return event
  if (event.type === 'unclassified' && event.reason === 'api-key-mismatch' && !acceptApiKey) return event
  const value = notificationOf(event)
  if (value === null) return event
  const fields = fieldsOf(value)
  const { id, account, receivedAt, raw, rawEncoding } = event
  const { occurredAt, suspect } = momentOf(fields.timestamp, new Date(receivedAt))
  const parsed = classify({
    identified: {
      id,
      account,
      occurredAt,
      receivedAt,
      ...(suspect && { clock: 'suspect' })
    },
    fields,
    original: { raw, ...(rawEncoding && { rawEncoding }) },
    region
  })
  return parsed.type === 'unclassified' ? event : parsed
}

/** Returns the notification in `raw`. An original that was kept as bytes is parsed from them; its ApiKey is masked. */
function notificationOf({ raw, rawEncoding }: Event): Record<string, unknown> | null {
  if (typeof raw !== 'string') return isObject(raw) ? raw : null
  const read = rawEncoding ? readJson(toUtf8(Buffer.from(raw, 'base64')), NO_KEY) : 'not-an-object'
  return typeof read === 'string' ? null : read.value
}
