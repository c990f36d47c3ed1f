import type { PgTable } from 'drizzle-orm/pg-core'
import type { AccountSettings } from '../../accounts/accounts.js'
import {
  type BulkColumns,
  type BulkRow,
  columnName,
  columnsOf,
  primaryKeyOf,
  tableName,
  unnestSql,
  upsertSql
} from '../../db/bulk-sql.js'
import type { ChangeKind } from '../../db/changes.js'
import type { EntityKind } from '../../events/event.js'
import type { History } from '../stored-events.js'
import type { ExtensionSighting } from './discovered-extensions.js'
import type { Contribution } from './reports.js'

/**
 * How the events of one kind of entity become rows. Several models may fold the same kind; each writes tables of its
 * own. A model has a single kind, since its rows are found by the id of the entity, which two kinds may share.
 */
export interface ReadModel<K extends EntityKind = EntityKind, Row = unknown> {
  kind: K
  /** At least 1. Raise it when the same events give other rows: see `foldVersionOf` in read-models.ts. */
  foldVersion: number
  /**
   * A pure function of the set of events: their order and duplicates among them do not change the result.
   * @returns null when the events make no row
   */
  fold(history: History<K>, settings: AccountSettings): Row | null
  /** The first table has one row for each entity. */
  tables: readonly ModelTable<Row>[]
  /** What the entity is called in live updates; undefined when they do not show it. */
  liveKind?: ChangeKind
  /** True when other models write to its table too: a row without events of this kind may then belong to them. */
  sharesTable?: boolean
  /** What the entity adds to mightycall_reports; undefined when it adds nothing. */
  reports?: ReportedModel<Row>
  /** The extensions that the events name: each gets a row in mightycall_extensions. */
  sightingsIn?(row: Row): readonly ExtensionSighting[]
}

/** The first table of the model has a column `contribution`, which keeps what the row has added to the reports. */
interface ReportedModel<Row> {
  contributionOf(row: Row): readonly Contribution[]
  /** The SQL name of the column whose local day is the day of the report. */
  dateColumn: string
  /**
   * An SQL expression: the seconds below which the entity counts as dropped in the reports when the setting
   * droppedUnderSeconds is greater, or null when it never does. Undefined when no entity does.
   */
  droppableSeconds?: string
}

/** A table of a read model, with the statements that write and compare its rows. */
export interface ModelTable<Row = unknown, TableRow = unknown> {
  name: string
  /** The SQL name of the column that holds the id of the entity. */
  entityColumn: string
  /** The SQL names of the columns of the primary key. */
  key: readonly string[]
  columns: BulkColumns<TableRow>
  keyColumns: BulkColumns<TableRow>
  /** True when an entity may have several rows, so that some of them may have to be deleted. */
  many: boolean
  rowsOf(row: Row): readonly TableRow[]
  /** The extension whose status the row affects. */
  agentOf?(row: TableRow): unknown
  statements: TableStatements
}

/** The texts of the statements. To "take entities" means two arrays, $1 and $2: their accounts and their ids. */
interface TableStatements {
  /** Takes the arrays of `columns`. */
  upsert: string
  /** As `upsert`, and also returns what the rows had contributed to the reports before. */
  upsertAndReturnContributions: string
  /** Takes entities. */
  deleteAll: string
  /** As `deleteAll`, and also returns what the rows had contributed to the reports. */
  deleteAllAndReturnContributions: string
  /** Takes entities and the arrays of `keyColumns`: deletes all rows of the entities but those with these keys. */
  deleteOthers: string
  /** Takes entities and the arrays of `columns`: returns how the stored rows of the entities differ from these. */
  compare: string
}

export interface TableDefinition<T extends PgTable, Row> {
  table: T
  entity: keyof T['$inferSelect'] & string
  agent?: keyof T['$inferSelect'] & string
  many?: boolean
  /** Columns that keep the lesser of the stored and the new value. */
  keepLeast?: readonly (keyof T['$inferSelect'] & string)[]
  rowsOf: (row: Row) => readonly BulkRow<T>[]
}

/** A table of a read model. Its columns, their types and its key are those of the drizzle schema. */
export function modelTable<T extends PgTable, Row>(definition: TableDefinition<T, Row>): ModelTable<Row> {
  const { table, entity, agent, many = false, keepLeast = [], rowsOf } = definition
  const key = primaryKeyOf(table)
  const columns = columnsOf(table)
  const shape: TableShape<BulkRow<T>> = {
    name: tableName(table),
    entityColumn: columnName(table, entity),
    key,
    columns,
    keyColumns: columns.filter(({ name }) => key.includes(name)),
    agentColumn: agent === undefined ? null : columnName(table, agent),
    keepLeast: keepLeast.map(property => columnName(table, property))
  }
  const upsert = upsertSql(table, { keepLeast: shape.keepLeast })
  const modelTable: ModelTable<Row, BulkRow<T>> = {
    ...shape,
    many,
    rowsOf,
    ...(agent !== undefined && { agentOf: (row: BulkRow<T>) => row[agent] }),
    statements: { ...writeStatements(shape, upsert), compare: compareStatement(shape) }
  }
  return modelTable as ModelTable<Row> // the columns take the rows that `rowsOf` returns, as the definition ensures
}

interface TableShape<TableRow>
  extends Pick<ModelTable<never, TableRow>, 'name' | 'entityColumn' | 'key' | 'columns' | 'keyColumns'> {
  agentColumn: string | null
  keepLeast: readonly string[]
}

function writeStatements<TableRow>(
  { name, entityColumn, key, columns, keyColumns, agentColumn }: TableShape<TableRow>,
  upsertOnly: string
): Omit<TableStatements, 'compare'> {
  const upsert = `${upsertOnly} returning account, ${entityColumn} as entity`
  const isOfEntity = `(t.account, t.${entityColumn}) in (select * from unnest($1::text[], $2::text[]))`
  const parameterOf = (column: string) => `$${columns.findIndex(({ name }) => name === column) + 1}::text[]`
  const isUpserted =
    `(t.account, t.${entityColumn}) in ` +
    `(select * from unnest(${parameterOf('account')}, ${parameterOf(entityColumn)}))`
  const agent = agentColumn === null ? '' : `, t.${agentColumn} as agent`
  const deleted = `returning t.account, t.${entityColumn} as entity${agent}`
  return {
    upsert,
    upsertAndReturnContributions: `with kept as (
        select t.account, t.contribution from ${name} t where ${isUpserted} and t.contribution <> '[]'
      ), written as (${upsert})
      select account, contribution, null as entity from kept union all select account, null, entity from written`,
    deleteAll: `delete from ${name} t where ${isOfEntity} ${deleted}`,
    deleteAllAndReturnContributions: `delete from ${name} t where ${isOfEntity} ${deleted}, t.contribution`,
    deleteOthers: `delete from ${name} t where ${isOfEntity} and not exists (
        select from ${unnestSql(keyColumns, 3)} where ${key.map(column => `u.${column} = t.${column}`).join(' and ')}
      ) ${deleted}`
  }
}

/** The database compares the values, with the types of the columns. */
function compareStatement<TableRow>({ name, entityColumn, key, columns, keepLeast }: TableShape<TableRow>): string {
  const compared = columns.map(column => column.name).filter(column => !key.includes(column))
  const differs = (column: string) =>
    keepLeast.includes(column) ? `t.${column} > u.${column}` : `t.${column} is distinct from u.${column}`
  const fields = compared.map(column => `case when ${differs(column)} then '${column}' end`).join(', ')
  return `select '${name}' as table, coalesce(u.account, t.account) as account,
      coalesce(u.${entityColumn}, t.${entityColumn}) as entity,
      case when t.account is null then array['missing'] when u.account is null then array['extra']
        else array_remove(array[${fields}]::text[], null) end as fields
    from ${unnestSql(columns, 3)} full join (
      select * from ${name} where (account, ${entityColumn}) in (select * from unnest($1::text[], $2::text[]))
    ) t on ${key.map(column => `t.${column} = u.${column}`).join(' and ')}
    where t.account is null or u.account is null${compared.map(column => ` or ${differs(column)}`).join('')}`
}
