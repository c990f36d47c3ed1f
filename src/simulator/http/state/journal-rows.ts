import type { CallReported } from '../../../events/call.js'
import type { MessageReported } from '../../../events/message.js'
import type { VoicemailReported } from '../../../events/voicemail.js'
import { camelCase, expiringLink, firstAndLast, hoursMinutesSeconds, type Row, withOffset } from '../wire.js'
import { createdOf, type JournalEntry, journalIdOf, originOf, stateOf } from './journal-entries.js'
import { agentRow } from './people-rows.js'
import { userOf, uuidOf, type World } from './world.js'

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
      ? callMembers(world, entry.call, entry.voicemail, { showUsers, now })
      : messageMembers(world, entry.message, now))
  }
}

/** A site widget has a name and no number. */
function clientRow(number: string | null, name: string | null, resolveContacts: boolean): Row {
  if (number === null) return { type: 'widget', widgetName: name, callerKind: 'default' }
  const resolvedContacts = name === null ? [] : [{ ...firstAndLast(name), channels: [{ phone: number }] }]
  return { address: number, type: 'phoneNumber', callerKind: 'default', ...(resolveContacts && { resolvedContacts }) }
}

function callMembers(
  world: World,
  { parties, durationSeconds, recordingId, recordingLink, recordingSeconds }: CallReported,
  voicemail: VoicemailReported | null,
  { showUsers, now }: { showUsers: boolean; now: number }
): Row {
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

/** When a message was removed is not told: only that it is. */
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
