import type { Event } from '../../events/event.js'
import type { UnclassifiedReason } from '../../events/unclassified.js'
import { normalizeType } from './notification-types.js'
import { readCall } from './read-call.js'
import { readMessage } from './read-message.js'
import { readStatus } from './read-status.js'
import { type ReadableNotification, toUnclassified } from './readable.js'

/** Reads one kind of notification. Returns its event, the reason why it is unusable, or `null` for another kind. */
type Reader = (readable: ReadableNotification, name: string) => Event | UnclassifiedReason | null

/** The first reader that does not return `null` decides. A new kind of notification is one file and one word here. */
const READERS: readonly Reader[] = [readCall, readMessage, readStatus]

/** Returns the event of a notification, or an `unclassified` event with the reason. */
export function classify(readable: ReadableNotification): Event {
  const name = normalizeType(readable.fields.eventType)
  for (const read of READERS) {
    const event = read(readable, name)
    if (event !== null) return typeof event === 'string' ? toUnclassified(event, readable) : event
  }
  return toUnclassified('unknown-type', readable)
}
