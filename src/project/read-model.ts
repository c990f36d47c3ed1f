import type { Tx } from '../db/transaction.js'
import type { EntityKind } from '../events/event.js'
import type { History } from './history.js'

/** How the events of one kind of entity become rows. */
export interface ReadModel<Row> {
  kind: EntityKind
  /** Rows folded by a lower version are folded again. */
  foldVersion: number
  /** Pure, and blind to the order and doubles of the events. Null: these events make no row. */
  fold: (history: History) => Row | null
  /** Writes the rows as they are now, whatever was there before. */
  write (tx: Tx, rows: readonly Row[]): Promise<void>
}
