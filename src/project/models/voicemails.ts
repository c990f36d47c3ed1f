import { columnName, type FoldedRow } from '../../db/bulk-sql.js'
import { voicemailLogs } from '../../db/schema/messages.js'
import type { Folded } from '../../events/event.js'
import type { VoicemailEvent, VoicemailMarked, VoicemailReported } from '../../events/voicemail.js'
import { localDay } from '../../lib/local-day.js'
import { distinctById, firstKnown, firstReceivedAt, inOrder, millisOf, newestOfRoutes } from './facts.js'
import { modelTable, type ReadModel } from './read-model.js'
import type { Contribution } from './reports.js'

interface VoicemailRow extends FoldedRow<typeof voicemailLogs> {
  contribution: Contribution[]
}

/** What the events of one voicemail amount to. */
export type Voicemail = Omit<VoicemailRow, 'account' | 'voicemailId' | 'contribution'>

/**
 * Folds the events of one voicemail, or returns null when there are none. The order of the events and duplicates among
 * them do not change the result.
 */
export function foldVoicemail(events: readonly Folded<VoicemailEvent>[]): Voicemail | null {
  if (events.length === 0) return null
  const distinct = distinctById(events)
  const facts = newestOfRoutes(distinct.filter(isReport), ['voicemails', 'journal'])
  // A mark overrides earlier reports, and a report overrides earlier marks.
  const newestFirst = inOrder<Folded<VoicemailReported | VoicemailMarked>>([
    ...facts,
    ...distinct.filter(isMark)
  ]).reverse()
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

/** `voicemail_logs` */
export const voicemails: ReadModel<'voicemail', VoicemailRow> = {
  kind: 'voicemail',
  liveKind: 'voicemail',
  foldVersion: 1,
  fold: ({ entity: { account, entity }, events }, settings) => {
    const voicemail = foldVoicemail(events)
    if (!voicemail) return null
    const date = localDay(voicemail.leftAt, settings.timeZoneOf(account))
    return {
      account,
      voicemailId: entity,
      ...voicemail,
      contribution: [{ date, number: voicemail.businessNumber ?? '', extension: '', voicemails: 1 }]
    }
  },
  tables: [modelTable({ table: voicemailLogs, entity: 'voicemailId', rowsOf: (row: VoicemailRow) => [row] })],
  reports: { contributionOf: row => row.contribution, dateColumn: columnName(voicemailLogs, 'leftAt') }
}
