import type { BulkRow } from '../../db/bulk-sql.js'
import { polledRanges } from '../../db/schema/directory.js'
import { inOrder } from './facts.js'
import { modelTable, type ReadModel } from './read-model.js'

type RangeRow = BulkRow<typeof polledRanges>

/** `polled_ranges`: the newest poll of each interval of a route. */
export const ranges: ReadModel<'range', RangeRow> = {
  kind: 'range',
  foldVersion: 1,
  fold: ({ entity: { account, entity }, events }) => {
    const range = inOrder(events).at(-1)
    if (!range) return null
    return {
      account,
      rangeId: entity,
      polled: range.unread ? `${range.polled} unread` : range.polled,
      scope: range.scope,
      fromAt: range.from,
      untilAt: range.until,
      polledAt: range.occurredAt,
      count: range.count
    }
  },
  tables: [
    modelTable({
      table: polledRanges,
      entity: 'rangeId',
      agent: 'scope', // a poll of presences confirms the presence of this extension
      rowsOf: (row: RangeRow) => [row]
    })
  ]
}
