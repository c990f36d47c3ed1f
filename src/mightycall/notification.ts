import { isUtf8 } from 'node:buffer'
import type { CountryCode } from 'libphonenumber-js/min'
import type { CallEvent } from '../events/call.js'
import { MAX_NAME_LENGTH } from '../events/envelope.js'
import type { Event } from '../events/event.js'
import { notificationId, randomId } from '../events/identity.js'
import { cleanName, normalizeParty } from '../events/text.js'
import { momentOf } from '../events/time.js'
import type { UnclassifiedEvent, UnclassifiedReason } from '../events/unclassified.js'
import { blankApiKeys, blankInTexts, isMismatch, type KeyHolder, stripApiKeys } from './api-key.js'
import { type Fields, fieldsOf } from './fields.js'
import { CALL_NOTIFICATION_TYPES, type CallNotificationType } from './notification-types.js'

/** The account whose token the request carried. */
export interface NotifiedAccount extends KeyHolder {
  readonly id: string
  /** Where a number without a country code is. */
  readonly region: CountryCode
}

/**
 * The event in an authenticated request's body, whatever it holds: what is not understood becomes `unclassified`.
 * Null only for an empty body. The ApiKey is in no part of the result (source: MightyCall API v4, WebHook Notifications).
 *
 * @param body        the bytes as they came, of at most 256 KiB
 * @param receivedAt  the moment of receipt, by our clock
 */
export function parseNotification (account: NotifiedAccount, body: Buffer, receivedAt: Date): Event | null {
  if (body.length === 0) return null
  const parsed = parseJson(body)
  if (parsed === undefined) return fromBytes(account, body, 'not-json', receivedAt)
  const { apiKeys, inexact, tooDeep, elsewhere } = stripApiKeys(parsed, account)
  if (tooDeep) return fromBytes(account, body, 'too-deep', receivedAt)
  const value = elsewhere && account.apiKey ? blankInTexts(parsed, account.apiKey) : parsed
  if (!isObject(value)) return fromBytes(account, body, 'not-an-object', receivedAt)

  const fields = fieldsOf(value)
  const { occurredAt, suspect, isNamed } = momentOf(fields.timestamp, receivedAt)
  const received = receivedAt.toISOString()
  const identified: Identified = {
    id: inexact || !isNamed ? randomId() : notificationId(account.id, value),
    account: account.id,
    occurredAt,
    receivedAt: received,
    ...(suspect && { clock: 'suspect' })
  }
  // An inexact number would not survive JSON.stringify: the bytes are the only true copy.
  const original: Original = inexact ? encoded(body, account) : { raw: value }
  return classify(account, fields, apiKeys, identified, original)
}

type Identified = Pick<Event, 'id' | 'account' | 'occurredAt' | 'receivedAt' | 'clock'>
type Original = Pick<Event, 'raw' | 'rawEncoding'>

function classify (account: NotifiedAccount, fields: Fields, apiKeys: unknown[], identified: Identified, original: Original): Event {
  const unclassified = (reason: UnclassifiedReason) => toUnclassified(identified, reason, fields, original)
  if (isMismatch(apiKeys, account)) return unclassified('api-key-mismatch')
  const known = typeof fields.eventType === 'string' ? CALL_NOTIFICATION_TYPES.get(fields.eventType.trim().toLowerCase()) : undefined
  if (!known) return unclassified('unknown-type')
  if (typeof fields.callId === 'string' && fields.callId.length > MAX_NAME_LENGTH) return unclassified('call-id-too-long')
  const callId = cleanName(fields.callId)
  if (callId === null) return unclassified('no-call-id')
  return toCallEvent(identified, known, callId, fields, account.region, original)
}

function toCallEvent (identified: Identified, { type, family }: CallNotificationType, callId: string, fields: Fields, region: CountryCode, original: Original): CallEvent {
  return {
    id: identified.id,
    type,
    account: identified.account,
    occurredAt: identified.occurredAt,
    receivedAt: identified.receivedAt,
    ...(identified.clock && { clock: identified.clock }),
    source: 'webhook',
    callId,
    family,
    extension: cleanName(fields.extension),
    from: normalizeParty(fields.from, region),
    to: normalizeParty(fields.to, region),
    guid: cleanName(fields.guid),
    ...original
  }
}

function toUnclassified (identified: Identified, reason: UnclassifiedReason, fields: Fields | null, original: Original): UnclassifiedEvent {
  const { id, account, occurredAt, receivedAt, clock } = identified
  return { id, type: 'unclassified', account, occurredAt, receivedAt, ...(clock && { clock }), source: 'webhook', reason, eventType: cleanName(fields?.eventType), ...original }
}

function fromBytes (account: NotifiedAccount, body: Buffer, reason: UnclassifiedReason, receivedAt: Date): UnclassifiedEvent {
  const now = receivedAt.toISOString()
  return toUnclassified({ id: randomId(), account: account.id, occurredAt: now, receivedAt: now, clock: 'suspect' }, reason, null, encoded(body, account))
}

function encoded (body: Buffer, account: NotifiedAccount): Original {
  return { raw: blankApiKeys(body, account.apiKey).toString('base64'), rawEncoding: 'base64' }
}

/** The parsed value, or undefined. A byte order mark is forgiven; bytes that are no UTF-8 are no JSON, and would merge when replaced. */
function parseJson (body: Buffer): unknown {
  if (!isUtf8(body)) return undefined
  const text = body.toString()
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch {
    return undefined
  }
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
