import type { FoldedRow } from '../../db/bulk-sql.js'
import { agentPresence } from '../../db/schema/directory.js'
import type { Folded } from '../../events/event.js'
import { isMissing } from '../../events/external-id.js'
import type { StatusEvent, StatusReported } from '../../events/status.js'
import { inOrder, seenAtOf } from './facts.js'
import { modelTable, type ReadModel } from './read-model.js'

type SpanRow = FoldedRow<typeof agentPresence>

/** An interval in which the presence of an agent did not change. */
export type PresenceSpan = Omit<SpanRow, 'account' | 'extension'>

/**
 * Folds the presence events of one agent into spans, oldest first. A request to change a presence makes no span. The
 * order of the events and duplicates among them do not change the result.
 */
export function foldPresence(events: readonly Folded<StatusEvent>[]): PresenceSpan[] {
  const spans: PresenceSpan[] = []
  const reports = events.filter(isReport).map(report => ({ ...report, occurredAt: timeOf(report) }))
  for (const { occurredAt, presence, source } of inOrder(reports)) {
    const at = Date.parse(occurredAt)
    const last = spans.at(-1)
    if (last?.presence === presence) {
      last.seenAt = at
      continue
    }
    if (last?.since === at) spans.pop() // of several reports of one instant the last one counts
    const before = spans.at(-1)
    if (before?.presence === presence) {
      Object.assign(before, { until: null, seenAt: at })
      continue
    }
    if (before) before.until = at
    spans.push({ since: at, until: null, presence, source, seenAt: at })
  }
  return spans
}

/** The time of a wrong clock would hide later reports until it has passed: the receipt stands for it. */
const timeOf = (report: Folded<StatusReported>): string => new Date(seenAtOf(report)).toISOString()

const isReport = (event: Folded<StatusEvent>): event is Folded<StatusReported> => event.type === 'status.reported'

/** `agent_presence` */
export const presences: ReadModel<'presence', SpanRow[]> = {
  kind: 'presence',
  foldVersion: 3,
  fold: ({ entity: { account, entity }, events }) => {
    const spans = isMissing(entity) ? [] : foldPresence(events) // older versions took 0 for an extension
    return spans.length === 0 ? null : spans.map(span => ({ ...span, account, extension: entity }))
  },
  tables: [
    modelTable({
      table: agentPresence,
      entity: 'extension',
      agent: 'extension',
      many: true,
      rowsOf: (spans: SpanRow[]) => spans
    })
  ]
}
