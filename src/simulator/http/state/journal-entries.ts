import type { CallReported } from '../../../events/call.js'
import type { MessageReported } from '../../../events/message.js'
import type { VoicemailReported } from '../../../events/voicemail.js'
import { objectIdOf, type World } from './world.js'

/** A request of the journal: a call, with the voicemail that was left in it, or a message. */
export type JournalEntry =
  | { kind: 'call'; call: CallReported; voicemail: VoicemailReported | null }
  | { kind: 'message'; message: MessageReported }

const STATE = {
  connected: 'Connected',
  voicemail: 'VoiceMail',
  dropped: 'Dropped',
  canceled: 'NoAnswer',
  'no-answer': 'NoAnswer',
  missed: 'Missed'
} as const

/**
 * What the journal tells at an instant, newest first. It has every call: those that it never told reconciliation of, as
 * soon as `/calls` has them.
 */
export function visibleEntries({ history }: World, now: number): JournalEntry[] {
  const calls = [
    ...history.journalCalls.snapshotAt(now),
    ...history.calls
      .snapshotAt(now)
      .filter(({ callId }) => history.journalCalls.firstSeenAt(callId, Number.POSITIVE_INFINITY) === null)
  ].map((call): JournalEntry => ({ kind: 'call', call, voicemail: history.journalVoicemails.latest(call.callId, now) }))
  const messages = history.messages.snapshotAt(now).map((message): JournalEntry => ({ kind: 'message', message }))
  return [...calls, ...messages].sort((a, b) => (createdOf(a) < createdOf(b) ? 1 : -1))
}

export const journalIdOf = (entry: JournalEntry): string =>
  entry.kind === 'call' ? objectIdOf(entry.call.callId) : entry.message.messageId

export const createdOf = (entry: JournalEntry): string =>
  (entry.kind === 'call' ? entry.call.startedAt : entry.message.sentAt) ?? ''

export const stateOf = (entry: JournalEntry): string =>
  entry.kind === 'message' ? 'Message' : STATE[entry.call.status ?? 'missed']

export const originOf = (entry: JournalEntry): string =>
  (entry.kind === 'call' ? entry.call.direction : entry.message.direction) ?? 'unspecified'
