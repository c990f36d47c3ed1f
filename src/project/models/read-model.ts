import type { AccountSettings } from '../../accounts/accounts.js'
import type { Columns } from '../../db/bulk-sql.js'
import type { ChangeKind } from '../../db/changes.js'
import type { EntityKind } from '../../events/event.js'
import type { History } from '../stored-events.js'
import type { Sighting } from './discovered-extensions.js'
import type { Contribution } from './reports.js'

/** How the events of one kind of entity become rows. */
export interface ReadModel<Row> {
  kind: EntityKind
  /** Rows folded by a lower version are folded again. */
  foldVersion: number
  /** Pure, and blind to the order and doubles of the events. Null: these events make no row. */
  fold: (history: History, settings: AccountSettings) => Row | null
  /** Where the rows go. The first has one row for each entity, and keeps its contribution, if there is one. */
  tables: readonly Table<Row>[]
  /** What live views call the entity; none: they do not show it. */
  liveKind?: ChangeKind
  /** Others write rows of its table too: one without events of its own may be theirs. */
  sharesTable?: boolean
  /** What the row adds to mightycall_reports: the first table then has a column of that name. */
  contributionOf?(row: Row): readonly Contribution[]
  /** The extensions that the events name: each gets a row of mightycall_extensions. */
  seenIn?(row: Row): readonly Sighting[]
}

/** A table of a read model. Its first two columns are the account and the entity. */
export interface Table<Row, TableRow = unknown> {
  name: string
  /** The column that names the entity. */
  entity: string
  key: readonly string[]
  columns: Columns<TableRow>
  /** The column of the extension whose status the row has a part in. */
  agent?: string
  /** True when an entity may have several rows, so that some may have to go. */
  many: boolean
  rowsOf(row: Row): readonly TableRow[]
}

/** With the types of its rows, which the list of all models forgets. */
export function table<Row, TableRow>(definition: Table<Row, TableRow>): Table<Row> {
  return definition as Table<Row> // rowsOf gives what columns take: the compiler has just compared them
}
