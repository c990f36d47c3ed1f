import type { CallReported } from '../../../events/call.js'
import { cleanName, cleanText } from '../../../events/text.js'
import type { VoicemailReported } from '../../../events/voicemail.js'
import { toIsoOrNull } from '../../../lib/instant.js'
import { parseRecordingLink } from '../../../mightycall/webhook/recording.js'
import type { UnlinkedRow } from '../../route-reader.js'
import { isUser } from '../extensions.js'
import { mergeParties, type Party } from '../parties.js'
import { factEnvelope, idOf, numberOf, rawOf, type SourceRow } from '../row.js'
import { type AgentRow, clientOf, type JournalRow, presentOf } from './rows.js'

type Direction = CallReported['direction']

/** The call and the voicemail of a row of the journal (source: MightyCall API v4, Journal). */
export function journalCall(row: JournalRow, source: SourceRow): UnlinkedRow {
  const direction = directionOf(row)
  const recording = presentOf(row.recording)
  const parties = { businessNumber: numberOf(row.businessNumber?.number, source), ...clientOf(row, source) }
  return {
    callId: idOf(row.requestGuid),
    call: {
      ...factEnvelope('call.reported', source),
      route: 'journal',
      direction,
      status: statusOf(row, direction),
      ...parties,
      startedAt: toIsoOrNull(row.created),
      durationSeconds: row.duration ?? null,
      parties: mergeParties(agentsOf(row).flatMap(agent => partyOf(agent, row, direction))),
      recordingId: idOf(recording?.recordingId),
      recordingLink: parseRecordingLink(recording?.link),
      ...groupOf(row),
      ...(recording?.duration != null && { recordingSeconds: recording.duration }),
      raw: rawOf(source)
    },
    voicemail: row.voicemail ? voicemailOf(row, row.voicemail, { parties, source }) : null
  }
}

const GROUP_TYPES: readonly unknown[] = ['UnnamedGroup', 'NamedGroup', 'Queue', 'CallbackQueue']

/** The ring group or queue of a row: an agent that stands for a group, or the group of an agent. */
function groupOf(row: JournalRow): Pick<CallReported, 'groupId'> {
  const agents = agentsOf(row)
  const group = agents.find(({ type }) => GROUP_TYPES.includes(type))
  const ids = [group?.groupId, group?.id, ...agents.map(agent => agent.groupId)].map(idOf)
  const groupId = ids.find(id => id !== null && !NIL.test(id)) ?? null
  return groupId === null ? {} : { groupId }
}

/** An id of zeros stands for none. */
const NIL = /^[0-]*$/

/** The agents of a row; `users` are the further ones, which the parameter showUsers asks for. */
export function agentsOf({ agent, users }: JournalRow): AgentRow[] {
  return [...(agent ? [agent] : []), ...(users ?? [])]
}

function directionOf({ type, origin }: JournalRow): Direction {
  if (type === 'CallbackRequest') return 'callback'
  switch (origin) {
    case 'Inbound':
      return 'inbound'
    case 'Outbound':
      return 'outbound'
    case 'Callback':
      return 'callback'
    case 'Internal':
      return 'internal'
    case 'Unspecified':
    case null:
    case undefined:
      return null
    default:
      return origin satisfies never
  }
}

function statusOf({ state }: JournalRow, direction: Direction): CallReported['status'] {
  switch (state) {
    case 'Connected':
      return 'connected'
    case 'VoiceMail':
      return 'voicemail'
    case 'Dropped':
      return 'dropped'
    case 'NoAnswer':
      return 'no-answer'
    case 'Missed':
      return direction === 'inbound' ? 'missed' : 'no-answer'
    case 'Scheduled':
    case 'Message':
    case null:
    case undefined:
      return null
    default:
      return state satisfies never
  }
}

/** Empty when the agent took no part in the call: was not dialled, or only received the voicemail. */
function partyOf(agent: AgentRow, { state }: JournalRow, direction: Direction): Party[] {
  const { extension, name, agentRole } = agent
  if (!isUser(agent) || agentRole === 'NotDialed' || agentRole === 'VoiceMailReceiver') return []
  const isOwner = agentRole === 'CallOwner'
  const isCaller = isOwner && (direction === 'outbound' || direction === 'internal')
  const connected = state === 'Connected' && (isOwner || agentRole === 'Consultant')
  return [
    {
      extension: extension ?? null,
      name: name ?? null,
      role: isCaller ? 'caller' : 'called',
      connected,
      first: connected && isOwner && direction !== 'internal'
    }
  ]
}

interface Shared {
  parties: Pick<CallReported, 'businessNumber' | 'clientNumber' | 'clientName'>
  source: SourceRow
}

/** `leftAt` is unknown: the time of the row is that of the call. */
function voicemailOf(
  row: JournalRow,
  voicemail: NonNullable<JournalRow['voicemail']>,
  { parties, source }: Shared
): NonNullable<UnlinkedRow['voicemail']> {
  const recording = presentOf(voicemail.recording)
  const { id, requestGuid, voicemail: own } = rawOf(source)
  return {
    ...factEnvelope('voicemail.reported', source),
    route: 'journal',
    ...parties,
    leftAt: null,
    durationSeconds: voicemail.duration ?? null,
    assignedTo: cleanName(voicemail.assignee?.name),
    read: row.read ?? null,
    transcriptState: transcriptStateOf(voicemail.speechRecognitionStatus),
    transcriptText: cleanText(voicemail.text),
    recordingId: idOf(recording?.recordingId),
    recordingLink: parseRecordingLink(recording?.link),
    removedAt: toIsoOrNull(voicemail.whenRemoved),
    raw: { id, requestGuid, voicemail: own }
  }
}

function transcriptStateOf(
  status: NonNullable<JournalRow['voicemail']>['speechRecognitionStatus']
): VoicemailReported['transcriptState'] {
  switch (status) {
    case 'Success':
      return 'ready'
    case 'SilenceOrNoSpeech':
      return 'silence'
    case 'NotPerformed':
      return 'not-performed'
    case 'Error':
      return 'failed'
    case 'Unknown':
    case null:
    case undefined:
      return null
    default:
      return status satisfies never
  }
}
