import type { FoldedRow } from '../../db/bulk-sql.js'
import { phoneNumbers as table } from '../../db/schema/directory.js'
import type { NumberEvent, NumberReported } from '../../events/directory.js'
import type { Folded } from '../../events/event.js'
import { numberId } from '../../events/identity.js'
import { distinctById, firstReceivedAt, inOrder } from './facts.js'
import { modelTable, type ReadModel } from './read-model.js'

type NumberRow = FoldedRow<typeof table>

/** What the events of one business number amount to. */
export type BusinessNumber = Omit<NumberRow, 'account' | 'number' | 'id'>

/**
 * Folds the events of one business number, or returns null when there are none. A removed number keeps its label. The
 * order of the events and duplicates among them do not change the result.
 */
export function foldNumber(events: readonly Folded<NumberEvent>[]): BusinessNumber | null {
  if (events.length === 0) return null
  const distinct = distinctById(events)
  const inTime = inOrder(distinct)
  const newest = inTime.findLast(isReport)
  return {
    externalId: newest?.externalId ?? null,
    label: newest?.label ?? null,
    smsEnabled: newest?.smsEnabled ?? null,
    isActive: newest?.enabled === true && inTime.at(-1) === newest,
    createdAt: firstReceivedAt(distinct)
  }
}

const isReport = (event: Folded<NumberEvent>): event is Folded<NumberReported> => event.type === 'number.reported'

/** `phone_numbers` */
export const numbers: ReadModel<'number', NumberRow> = {
  kind: 'number',
  foldVersion: 1,
  fold: ({ entity: { account, entity }, events }) => {
    const number = foldNumber(events)
    return number && { account, number: entity, id: numberId(account, entity), ...number }
  },
  tables: [modelTable({ table, entity: 'number', rowsOf: (row: NumberRow) => [row] })]
}
