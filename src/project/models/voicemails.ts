import type { Folded } from '../../events/event.js'
import type { VoicemailEvent, VoicemailMarked, VoicemailReported } from '../../events/voicemail.js'
import { localDay } from '../../lib/local-day.js'
import { distinctById, firstKnown, firstReceivedAt, inOrder, iso, millisOf, newestOfRoutes } from './facts.js'
import { type ReadModel, table } from './read-model.js'
import type { Contribution } from './reports.js'

/** What the events of one voicemail amount to; times in milliseconds since 1970. */
export interface Voicemail {
  callId: string | null
  businessNumber: string | null
  clientNumber: string | null
  clientName: string | null
  leftAt: number
  durationSeconds: number | null
  assignedTo: string | null
  read: boolean | null
  transcriptState: VoicemailReported['transcriptState']
  transcriptText: string | null
  recordingId: string | null
  recordingLink: string | null
  removedAt: number | null
}

/** The voicemail that these events describe, in any order and with doubles; null when there are none. */
export function foldVoicemail(events: readonly Folded<VoicemailEvent>[]): Voicemail | null {
  if (events.length === 0) return null
  const distinct = distinctById(events)
  const facts = newestOfRoutes(distinct.filter(isReport), ['voicemails', 'journal'])
  // Who marks it is overruled by what is reported later, and the other way round.
  const newestFirst = inOrder<Folded<VoicemailEvent>>([...facts, ...distinct.filter(isMark)]).reverse()
  const removal = newestFirst.filter(isMark).find(mark => mark.removed)
  return {
    callId: firstKnown(facts, fact => fact.callId),
    businessNumber: firstKnown(facts, fact => fact.businessNumber),
    clientNumber: firstKnown(facts, fact => fact.clientNumber),
    clientName: firstKnown(facts, fact => fact.clientName),
    leftAt: millisOf(firstKnown(facts, fact => fact.leftAt)) ?? firstReceivedAt(distinct),
    durationSeconds: firstKnown(facts, fact => fact.durationSeconds),
    assignedTo: firstKnown(facts, fact => fact.assignedTo),
    read: firstKnown(newestFirst, fact => fact.read),
    transcriptState: firstKnown(facts, fact => fact.transcriptState),
    transcriptText: firstKnown(facts, fact => fact.transcriptText),
    recordingId: firstKnown(facts, fact => fact.recordingId),
    recordingLink: firstKnown(facts, fact => fact.recordingLink),
    removedAt: millisOf(firstKnown(facts, fact => fact.removedAt) ?? removal?.occurredAt ?? null)
  }
}

const isReport = (event: Folded<VoicemailEvent>): event is Folded<VoicemailReported> =>
  event.type === 'voicemail.reported'
const isMark = (event: Folded<VoicemailEvent>): event is Folded<VoicemailMarked> => event.type === 'voicemail.marked'

interface VoicemailRow extends Voicemail {
  account: string
  voicemailId: string
  contribution: Contribution[]
}

/** `voicemail_logs` */
export const voicemails: ReadModel<VoicemailRow> = {
  kind: 'voicemail',
  liveKind: 'voicemail',
  foldVersion: 1,
  fold: ({ entity: { account, entity }, events }, settings) => {
    const voicemail = foldVoicemail(events as Folded<VoicemailEvent>[]) // an entity of this kind has no other events
    if (!voicemail) return null
    const date = localDay(voicemail.leftAt, settings.timeZoneOf(account))
    return {
      account,
      voicemailId: entity,
      ...voicemail,
      contribution: [{ date, number: voicemail.businessNumber ?? '', extension: '', voicemails: 1 }]
    }
  },
  tables: [
    table<VoicemailRow, VoicemailRow>({
      name: 'voicemail_logs',
      entity: 'voicemail_id',
      key: ['account', 'voicemail_id'],
      many: false,
      rowsOf: row => [row],
      columns: {
        account: { type: 'text', of: row => row.account },
        voicemail_id: { type: 'text', of: row => row.voicemailId },
        call_id: { type: 'text', of: row => row.callId },
        business_number: { type: 'text', of: row => row.businessNumber },
        client_number: { type: 'text', of: row => row.clientNumber },
        client_name: { type: 'text', of: row => row.clientName },
        left_at: { type: 'timestamptz', of: row => iso(row.leftAt) },
        duration_seconds: { type: 'float8', of: row => row.durationSeconds },
        assigned_to: { type: 'text', of: row => row.assignedTo },
        read: { type: 'bool', of: row => row.read },
        transcript_state: { type: 'text', of: row => row.transcriptState },
        transcript_text: { type: 'text', of: row => row.transcriptText },
        recording_id: { type: 'text', of: row => row.recordingId },
        recording_link: { type: 'text', of: row => row.recordingLink },
        removed_at: { type: 'timestamptz', of: row => iso(row.removedAt) },
        contribution: { type: 'jsonb', of: row => JSON.stringify(row.contribution) }
      }
    })
  ],
  contributionOf: row => row.contribution
}
