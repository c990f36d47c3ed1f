import { and, inArray, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Static, TObject, TSchema } from 'typebox'
import type { Viewer } from '../../access/viewer.js'
import { AmbiguousIdError, NotFoundError } from '../../errors.js'
import { readId } from '../../events/external-id.js'
import type { Keyset } from './cursor.js'
import type { PageReader } from './export.js'
import type { QueryContext } from './query-context.js'
import { isAfter, orderBy, type SortColumns } from './sort.js'

/** A kind of object that the API lists and finds by id: how its rows are selected, sorted and shown. */
export interface Resource<P extends TObject, Row, Item> {
  /** The singular noun, for messages: "there is no such call". */
  noun: string
  /** The parameters of its filter. */
  parameters: P
  /** The schema of what the API shows of a row. */
  item: TSchema
  account: SQLWrapper
  id: SQLWrapper
  idType: 'text' | 'uuid'
  sortColumns: SortColumns
  keysetOf: (row: Row) => Keyset
  /** The condition for rows that the viewer may see, from access/row-visibility.ts. Undefined when all rows are. */
  visible: (context: QueryContext) => SQL | undefined
  /** The conditions of the filter. */
  where: (query: Static<P>, context: QueryContext) => (SQL | undefined)[]
  select: (db: NodePgDatabase, selection: RowSelection, context: QueryContext) => Promise<Row[]>
  toItems: (rows: Row[], context: QueryContext, db: NodePgDatabase) => Promise<Item[]> | Item[]
}

export interface RowSelection {
  where: SQL | undefined
  /** Undefined when the order does not matter. */
  order?: SQL | undefined
  limit: number
}

export interface ResourceKey {
  account: string
  id: string
}

const UUID_OF_ANY_CASE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Reads pages of the rows that match a query. */
export function pageReader<P extends TObject, Row, Item>(
  resource: Resource<P, Row, Item>,
  query: Static<P>,
  { db, context, descending }: { db: NodePgDatabase; context: QueryContext; descending: boolean }
): PageReader<Item> {
  const { sortColumns, keysetOf, select, toItems } = resource
  const filter = [resource.visible(context), ...resource.where(query, context)]
  const order = orderBy(sortColumns, descending)
  return async (after, limit) => {
    const where = and(...filter, after ? isAfter(sortColumns, descending, after) : undefined)
    const rows = await select(db, { where, order, limit: limit + 1 }, context)
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return { data: await toItems(page, context, db), next: rows.length > limit && last ? keysetOf(last) : null }
  }
}

/**
 * @throws NotFoundError     no account that the viewer may see has the id
 * @throws AmbiguousIdError  several accounts have the id, and the key names none
 */
export async function findRow<P extends TObject, Row, Item>(
  { noun, account, id, idType, visible, select }: Resource<P, Row, Item>,
  key: { id: string; account?: string | undefined },
  { db, context }: { db: NodePgDatabase; context: QueryContext }
): Promise<Row> {
  // Postgres cannot read such a value.
  if (key.id.includes('\u0000') || (idType === 'uuid' && !UUID_OF_ANY_CASE.test(key.id))) throw new NotFoundError(noun)
  const where = and(
    visible(context),
    inArray(id, [...new Set([key.id, readId(key.id) ?? key.id])]), // a GUID may be in any casing

    key.account === undefined ? undefined : sql`${account} = ${key.account}`
  )
  const [row, other] = await select(db, { where, limit: 2 }, context)
  if (other) throw new AmbiguousIdError()
  if (!row) throw new NotFoundError(noun)
  return row
}

/** Finds those of the keys that the viewer may see, in any order. */
export async function findByIds<P extends TObject, Row, Item>(
  resource: Resource<P, Row, Item>,
  { db, viewer, keys, now }: { db: NodePgDatabase; viewer: Viewer; keys: readonly ResourceKey[]; now: Date }
): Promise<Item[]> {
  if (keys.length === 0) return []
  const { visible, select, toItems } = resource
  const context: QueryContext = { viewer, now, regions: [], zones: [] } // there are no parameters to read
  const where = and(visible(context), hasKeyIn(keys, resource))
  return toItems(await select(db, { where, limit: keys.length }, context), context, db)
}

export function hasKeyIn(
  keys: readonly ResourceKey[],
  { account, id, idType }: { account: SQLWrapper; id: SQLWrapper; idType: 'text' | 'uuid' }
): SQL {
  const accounts = sql.param(keys.map(key => key.account))
  const ids = sql.param(keys.map(key => key.id))
  return sql`(${account}, ${id}) in (select * from unnest(${accounts}::text[], ${ids}::${sql.raw(idType)}[]))`
}
