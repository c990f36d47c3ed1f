import type { RangePolled } from '../../events/directory.js'
import type { Folded } from '../../events/event.js'
import { inOrder } from './facts.js'
import { type ReadModel, table } from './read-model.js'

interface RangeRow {
  account: string
  rangeId: string
  /** The newest poll of the interval. */
  range: Folded<RangePolled>
}

/** `polled_ranges` */
export const ranges: ReadModel<RangeRow> = {
  kind: 'range',
  foldVersion: 1,
  fold: ({ entity: { account, entity }, events }) => {
    const range = inOrder(events as Folded<RangePolled>[]).at(-1) // an entity of this kind has no other events
    return range ? { account, rangeId: entity, range } : null
  },
  tables: [
    table<RangeRow, RangeRow>({
      name: 'polled_ranges',
      entity: 'range_id',
      key: ['account', 'range_id'],
      agent: 'scope', // of presences, which it confirms
      many: false,
      rowsOf: row => [row],
      columns: {
        account: { type: 'text', of: row => row.account },
        range_id: { type: 'text', of: row => row.rangeId },
        polled: { type: 'text', of: ({ range }) => (range.unread ? `${range.polled} unread` : range.polled) },
        scope: { type: 'text', of: ({ range }) => range.scope },
        from_at: { type: 'timestamptz', of: ({ range }) => range.from },
        until_at: { type: 'timestamptz', of: ({ range }) => range.until },
        polled_at: { type: 'timestamptz', of: ({ range }) => range.occurredAt },
        count: { type: 'int', of: ({ range }) => range.count }
      }
    })
  ]
}
