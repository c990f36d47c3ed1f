import type { CountryCode } from 'libphonenumber-js/min'
import type { Event } from '../../events/event.js'
import { notificationId, randomId } from '../../events/identity.js'
import { momentOf } from '../../events/time.js'
import type { UnclassifiedEvent, UnclassifiedReason } from '../../events/unclassified.js'
import { readJson } from '../read-json.js'
import { isApiKeyMismatch, type KeyHolder, maskKeysInBytes } from '../strip-api-key.js'
import { classify } from './classify.js'
import { fieldsOf } from './fields.js'
import { type Identified, type Original, toUnclassified } from './readable.js'

/** The account of the request's token. */
export interface NotifiedAccount extends KeyHolder {
  readonly id: string
  /** The country of numbers without a country code. */
  readonly region: CountryCode
}

/**
 * Parses the body of an authenticated request to an event. A body that is not understood becomes `unclassified`; only
 * an empty body gives `null`. The result never contains the ApiKey (source: MightyCall API v4, WebHook Notifications).
 *
 * @param body        at most 256 KiB, in UTF-8 where possible (see character-encoding.ts); kept if not understood
 * @param receivedAt  the time of receipt, by our clock
 */
export function parseNotification(account: NotifiedAccount, body: Buffer, receivedAt: Date): Event | null {
  if (body.length === 0) return null
  const read = readJson(body, account)
  if (typeof read === 'string') return unreadableEvent(account, body, { reason: read, receivedAt })

  const { value, apiKeys, isKeptAsBytes, inexact } = read
  const fields = fieldsOf(value)
  const { occurredAt, suspect, isNamed } = momentOf(fields.timestamp, receivedAt)
  const identified: Identified = {
    id: inexact || !isNamed ? randomId() : notificationId(account.id, value),
    account: account.id,
    occurredAt,
    receivedAt: receivedAt.toISOString(),
    ...(suspect && { clock: 'suspect' })
  }
  const original: Original = isKeptAsBytes ? encodeOriginal(body, account) : { raw: value }
  if (isApiKeyMismatch(apiKeys, account)) return toUnclassified('api-key-mismatch', { identified, fields, original })
  return classify({ identified, fields, original, region: account.region })
}

function unreadableEvent(
  account: NotifiedAccount,
  body: Buffer,
  { reason, receivedAt }: { reason: UnclassifiedReason; receivedAt: Date }
): UnclassifiedEvent {
  const now = receivedAt.toISOString()
  return toUnclassified(reason, {
    identified: { id: randomId(), account: account.id, occurredAt: now, receivedAt: now, clock: 'suspect' },
    fields: null,
    original: encodeOriginal(body, account)
  })
}

function encodeOriginal(body: Buffer, account: NotifiedAccount): Original {
  return { raw: maskKeysInBytes(body, account.apiKey).toString('base64'), rawEncoding: 'base64' }
}
