import type { CallReported } from '../../../events/call.js'
import type { MessageReported } from '../../../events/message.js'
import type { VoicemailReported } from '../../../events/voicemail.js'
import { camelCase, expiringLink, firstAndLast, hoursMinutesSeconds, type Row, withOffset } from '../wire.js'
import { objectIdOf, type User, userOf, uuidOf, type World } from './world.js'

const NIL = '00000000-0000-0000-0000-000000000000'
const SPEECH = {
  'not-performed': 'NotPerformed',
  silence: 'SilenceOrNoSpeech',
  ready: 'Success',
  failed: 'Error'
} as const

export interface JournalDetail {
  resolveContacts: boolean
  showUsers: boolean
}

export function journalRow(
  world: World,
  entry: JournalEntry,
  { resolveContacts, showUsers, now }: JournalDetail & { now: number }
): Row {
  const { businessNumber, clientNumber, clientName } = entry.kind === 'call' ? entry.call : entry.message
  const isInternal = entry.kind === 'call' && entry.call.direction === 'internal'
  return {
    id: journalIdOf(entry),
    requestGuid: world.nilGuids ? NIL : entry.kind === 'call' ? entry.call.callId : uuidOf(entry.message.messageId),
    state: camelCase(stateOf(entry)),
    type: entry.kind,
    origin: originOf(entry),
    ...(!isInternal && { client: clientRow(clientNumber, clientName, resolveContacts) }),
    created: withOffset(createdOf(entry)),
    businessNumber: {
      number: businessNumber,
      label: world.truth.numbers.find(({ number }) => number === businessNumber)?.label ?? null
    },
    businessNumbersCount: 0,
    tags: [],
    favorite: false,
    wfstate: { state: 'open' },
    ...(entry.kind === 'call'
      ? callMembers(world, entry, { showUsers, now })
      : messageMembers(world, entry.message, now))
  }
}

function agentRow({ id, name, extension, email, role }: User, agentRole: string): Row {
  return { id, agentRole, name, extension, role: role === 'admin' ? 'admin' : 'agent', email, type: 'user' }
}

/** A site widget has a name and no number. */
function clientRow(number: string | null, name: string | null, resolveContacts: boolean): Row {
  if (number === null) return { type: 'widget', widgetName: name, callerKind: 'default' }
  const resolvedContacts = name === null ? [] : [{ ...firstAndLast(name), channels: [{ phone: number }] }]
  return { address: number, type: 'phoneNumber', callerKind: 'default', ...(resolveContacts && { resolvedContacts }) }
}

function callMembers(
  world: World,
  { call, voicemail }: CallEntry,
  { showUsers, now }: { showUsers: boolean; now: number }
): Row {
  const { parties, durationSeconds, recordingId, recordingLink, recordingSeconds } = call
  const owner = parties.find(({ first }) => first) ?? parties.find(({ role }) => role === 'caller') ?? parties[0]
  const rows = parties.flatMap(party => {
    const user = userOf(world, party.extension)
    return user ? [agentRow(user, party === owner ? 'callOwner' : party.connected ? 'consultant' : 'notDialed')] : []
  })
  return {
    ...(owner && { agent: rows[parties.indexOf(owner)] }),
    ...(showUsers && { users: rows }),
    duration: hoursMinutesSeconds(durationSeconds ?? 0),
    ...(recordingLink !== null && {
      recording: {
        ...recordingRow(recordingId, expiringLink(recordingLink, { recordingId, seed: world.seed, now })),
        ...(recordingSeconds != null && { duration: hoursMinutesSeconds(recordingSeconds) })
      }
    }),
    ...(voicemail !== null && { voicemail: voicemailMember(world, voicemail, now) }),
    read: voicemail?.read ?? false,
    availability: 'available'
  }
}

function voicemailMember(world: World, voicemail: VoicemailReported, now: number): Row {
  const { assignedTo, durationSeconds, recordingId, recordingLink, removedAt, transcriptState, transcriptText } =
    voicemail
  const assignee = world.users.find(({ name }) => name === assignedTo)
  const duration = hoursMinutesSeconds(durationSeconds ?? 0)
  return {
    duration,
    ...(transcriptText !== null && { text: transcriptText }),
    speechRecognitionStatus: transcriptState === null ? 'unknown' : camelCase(SPEECH[transcriptState]),
    ...(assignee && { assignee: agentRow(assignee, 'voiceMailReceiver') }),
    ...(recordingLink !== null && {
      recording: {
        ...recordingRow(recordingId, expiringLink(recordingLink, { recordingId, seed: world.seed, now })),
        duration
      }
    }),
    availability: removedAt === null ? 'available' : 'notAvailable',
    ...(removedAt !== null && { whenRemoved: removedAt })
  }
}

function recordingRow(recordingId: string | null, link: string): Row {
  return { recordingId, flag: 'public', status: 'recorded', link, availability: 'available' }
}

/** The row shows that a message was removed, but not when. */
function messageMembers(world: World, message: MessageReported, now: number): Row {
  const { messageId, text, extension, attachments, delivery, read, removedAt } = message
  const availability = removedAt === null ? 'available' : 'notAvailable'
  const agent = userOf(world, extension)
  const linkOf = (n: number) =>
    expiringLink(`https://media.mightycall.com/mms/${messageId}/${n}`, { recordingId: null, seed: world.seed, now })
  return {
    ...(agent && { agent: agentRow(agent, 'callOwner') }),
    text,
    textModel: { text, availability },
    messageDeliveryStatus: delivery === null ? 'unspecified' : delivery === 'sent' ? 'sent' : 'notSent',
    attachments: attachments.map(({ fileName, sizeBytes, contentType }, n) => ({
      link: linkOf(n),
      fileName,
      fileSize: sizeBytes,
      isImage: contentType?.startsWith('image/') ?? false,
      isSupportedFormat: true,
      isStorageExpired: false
    })),
    read,
    availability
  }
}

/** A request in the journal: a call with the voicemail that was left in it, or a message. */
export type JournalEntry = CallEntry | { kind: 'message'; message: MessageReported }

interface CallEntry {
  kind: 'call'
  call: CallReported
  voicemail: VoicemailReported | null
}

const STATE = {
  connected: 'Connected',
  voicemail: 'VoiceMail',
  dropped: 'Dropped',
  canceled: 'NoAnswer',
  'no-answer': 'NoAnswer',
  missed: 'Missed'
} as const

/**
 * Returns the entries of the journal at an instant, newest first. The journal has every call: those without a journal
 * fact appear as soon as `/calls` has them.
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
