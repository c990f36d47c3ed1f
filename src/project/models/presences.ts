import type { Folded } from '../../events/event.js'
import type { StatusEvent, StatusReported } from '../../events/status.js'
import { inOrder, iso } from './facts.js'
import { type ReadModel, table } from './read-model.js'

/** From one change to the next; times in milliseconds since 1970. */
export interface PresenceSpan {
  since: number
  /** Null: to this day. */
  until: number | null
  presence: StatusReported['presence']
  source: StatusReported['source']
  /** The last fact that says so. */
  seenAt: number
}

/** The spans that these facts describe, oldest first, in any order and with doubles; a request to change is none. */
export function foldPresence(events: readonly Folded<StatusEvent>[]): PresenceSpan[] {
  const spans: PresenceSpan[] = []
  for (const { occurredAt, presence, source } of inOrder(events.filter(isReport))) {
    const at = Date.parse(occurredAt)
    const last = spans.at(-1)
    if (last?.presence === presence) {
      last.seenAt = at
      continue
    }
    if (last?.since === at) spans.pop() // at one instant the last word counts
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

const isReport = (event: Folded<StatusEvent>): event is Folded<StatusReported> => event.type === 'status.reported'

interface PresenceRow {
  account: string
  extension: string
  spans: PresenceSpan[]
}
type SpanRow = PresenceSpan & Omit<PresenceRow, 'spans'>

/** `agent_presence` */
export const presences: ReadModel<PresenceRow> = {
  kind: 'presence',
  foldVersion: 1,
  fold: ({ entity: { account, entity }, events }) => {
    const spans = foldPresence(events as Folded<StatusEvent>[]) // an entity of this kind has no other events
    return spans.length === 0 ? null : { account, extension: entity, spans }
  },
  tables: [
    table<PresenceRow, SpanRow>({
      name: 'agent_presence',
      entity: 'extension',
      key: ['account', 'extension', 'since'],
      agent: 'extension',
      many: true,
      rowsOf: ({ account, extension, spans }) => spans.map(span => ({ ...span, account, extension })),
      columns: {
        account: { type: 'text', of: row => row.account },
        extension: { type: 'text', of: row => row.extension },
        since: { type: 'timestamptz', of: row => iso(row.since) },
        until: { type: 'timestamptz', of: row => iso(row.until) },
        presence: { type: 'text', of: row => row.presence },
        source: { type: 'text', of: row => row.source },
        seen_at: { type: 'timestamptz', of: row => iso(row.seenAt) }
      }
    })
  ]
}
