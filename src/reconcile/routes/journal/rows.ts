import { cleanName } from '../../../events/text.js'
import { isObject } from '../../../lib/json.js'
import type { ResponseOf } from '../../../mightycall/rest/route.js'
import type { journal } from '../../../mightycall/rest/routes/journal.js'
import { fullName, numberOf, type SourceRow } from '../row.js'

export type JournalRow = ResponseOf<typeof journal>['requests'][number]
export type AgentRow = NonNullable<JournalRow['agent']>
export type RecordingRow = NonNullable<JournalRow['recording']>

/**
 * Null for a task, for the head of a conversation, whose messages have rows of their own, and for a scheduled callback.
 */
export function kindOf({ type, state }: JournalRow): 'call' | 'message' | null {
  if (state === 'Scheduled') return null
  switch (type) {
    case 'Call':
    case 'VoiceMail':
    case 'CallbackRequest':
      return 'call'
    case 'Message':
      return 'message'
    case 'MessageThread':
    case 'Task':
    case 'Service':
      return null
    case 'Default':
    case 'Unspecified':
    case null:
    case undefined:
      return state === 'Message' ? 'message' : state ? 'call' : null
    default:
      return type satisfies never
  }
}

/** The external party of a row: a number, or a site widget with its name. */
export function clientOf(
  { client }: JournalRow,
  source: SourceRow
): { clientNumber: string | null; clientName: string | null } {
  const clientNumber = numberOf(client?.address, source)
  const widget = cleanName(client?.widgetName) ?? (client?.type === 'Widget' ? cleanName(client.address) : null)
  return {
    clientNumber,
    clientName:
      resolvedName(client?.resolvedContacts) ??
      (clientNumber === null ? (widget ?? cleanName(client?.address)) : widget)
  }
}

/** The recording, unless its status says that it does not exist, or does not exist any more. */
export function presentOf(recording: RecordingRow | null | undefined): RecordingRow | null {
  return !recording || (recording.status && recording.status !== 'Recorded' && recording.status !== 'Unknown')
    ? null
    : recording
}

/** The name of the first contact with the client's number. */
function resolvedName(contacts: unknown): string | null {
  const [first] = Array.isArray(contacts) ? (contacts as unknown[]) : []
  if (!isObject(first)) return null
  const { firstName, patronymic, lastName } = first
  return fullName(...[firstName, patronymic, lastName].map(part => (typeof part === 'string' ? part : null)))
}
