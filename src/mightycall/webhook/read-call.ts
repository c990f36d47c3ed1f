import type { CallEvent } from '../../events/call.js'
import { isTooLongId, readExtension, readId } from '../../events/external-id.js'
import { cleanName, normalizeParty } from '../../events/text.js'
import type { UnclassifiedReason } from '../../events/unclassified.js'
import type { Fields } from './fields.js'
import { type CallNotificationType, callTypeOf } from './notification-types.js'
import type { ReadableNotification } from './readable.js'
import { parseDuration, parseRecordingLink } from './recording.js'

/** Reads a call notification of either kind of account; returns `null` for other types. */
export function readCall(
  { identified, fields, original, region }: ReadableNotification,
  name: string
): CallEvent | UnclassifiedReason | null {
  const known = callTypeOf(name)
  if (!known) return null
  const callId = readId(fields.callId)
  if (callId === null) return isTooLongId(fields.callId) ? 'call-id-too-long' : 'no-call-id' // or it would merge calls
  const event: WithoutRaw = {
    // listed one by one: a spread of another function's result makes the whole parser 50 % slower
    id: identified.id,
    type: known.type,
    account: identified.account,
    occurredAt: identified.occurredAt,
    receivedAt: identified.receivedAt,
    ...(identified.clock && { clock: identified.clock }),
    source: 'webhook',
    callId,
    family: known.family,
    extension: readExtension(fields.extension),
    from: normalizeParty(fields.from, region),
    to: normalizeParty(fields.to, region),
    guid: cleanName(fields.guid)
  }
  addContactCenterFields(event, known, fields)
  event.raw = original.raw
  if (original.rawEncoding) event.rawEncoding = original.rawEncoding
  return event as CallEvent // `raw` is set two lines above, which the compiler does not track
}

type WithoutRaw = Omit<CallEvent, 'raw'> & Partial<Pick<CallEvent, 'raw'>>

/**
 * Adds the fields that only contact-center accounts send. An absent field stays absent, an unreadable one is `null`.
 */
function addContactCenterFields(event: WithoutRaw, { scope }: CallNotificationType, { get }: Fields): void {
  const [duration, id, link] = [get('callduration') ?? null, get('recordingid') ?? null, get('recordinglink') ?? null]
  if (scope) event.scope = scope
  if (duration !== null) event.durationSeconds = parseDuration(duration)
  if (id !== null) event.recordingId = cleanName(id)
  if (link !== null) event.recordingLink = parseRecordingLink(link)
}
