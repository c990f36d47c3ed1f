import { and, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Static, TObject, TSchema } from 'typebox'
import type { Viewer } from '../../access/viewer.js'
import { AmbiguousIdError, NotFoundError } from '../../errors.js'
import { behind, type KeyColumns, orderBy } from './cursor.js'
import type { PageOf } from './export.js'
import type { Keyset } from './parameters.js'
import type { Asked } from './query-context.js'

/** Rows of a kind: how they are found, in which order, and what the API shows of them. */
export interface Resource<P extends TObject, Row, Item> {
  /** One of them, for people. */
  what: string
  /** Of its filters. */
  parameters: P
  item: TSchema
  account: SQLWrapper
  id: SQLWrapper
  idType: 'text' | 'uuid'
  /** Sorted by the first; all together are unique. */
  columns: KeyColumns
  placeOf: (row: Row) => Keyset
  /** What the viewer may see, from access/row-visibility.ts. Undefined: all. */
  visible: (asked: Asked) => SQL | undefined
  /** What is asked for. */
  where: (query: Static<P>, asked: Asked) => (SQL | undefined)[]
  find: (db: NodePgDatabase, part: Part, asked: Asked) => Promise<Row[]>
  show: (rows: Row[], asked: Asked, db: NodePgDatabase) => Promise<Item[]> | Item[]
}

export interface Part {
  where: SQL | undefined
  /** Undefined: in any order. */
  order?: SQL | undefined
  limit: number
}

export interface Key {
  account: string
  id: string
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Pages of those that are asked for. */
export function pagesOf<P extends TObject, Row, Item>(
  resource: Resource<P, Row, Item>,
  query: Static<P>,
  { db, asked, descending }: { db: NodePgDatabase; asked: Asked; descending: boolean }
): PageOf<Item> {
  const { columns, placeOf, find, show } = resource
  const filter = [resource.visible(asked), ...resource.where(query, asked)]
  const order = orderBy(columns, descending)
  return async (place, limit) => {
    const rows = await find(
      db,
      { where: and(...filter, place ? behind(columns, descending, place) : undefined), order, limit: limit + 1 },
      asked
    )
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return { data: await show(page, asked, db), place: rows.length > limit && last ? placeOf(last) : null }
  }
}

/**
 * @throws NotFoundError     no account that the viewer may see has it
 * @throws AmbiguousIdError  several have, and none is named
 */
export async function findRow<P extends TObject, Row, Item>(
  { what, account, id, idType, visible, find }: Resource<P, Row, Item>,
  key: { id: string; account?: string | undefined },
  { db, asked }: { db: NodePgDatabase; asked: Asked }
): Promise<Row> {
  // Postgres has no such value
  if (key.id.includes('\u0000') || (idType === 'uuid' && !UUID.test(key.id))) throw new NotFoundError(what)
  const where = and(
    visible(asked),
    sql`${id} = ${key.id}`,
    key.account === undefined ? undefined : sql`${account} = ${key.account}`
  )
  const [row, other] = await find(db, { where, limit: 2 }, asked)
  if (other) throw new AmbiguousIdError()
  if (!row) throw new NotFoundError(what)
  return row
}

/** Those of them that the viewer may see, in no order. */
export async function findByIds<P extends TObject, Row, Item>(
  resource: Resource<P, Row, Item>,
  { db, viewer, keys, now }: { db: NodePgDatabase; viewer: Viewer; keys: readonly Key[]; now: Date }
): Promise<Item[]> {
  if (keys.length === 0) return []
  const { visible, find, show } = resource
  const asked: Asked = { viewer, now, regions: [], zones: [] } // no parameter is read
  return show(
    await find(db, { where: and(visible(asked), isAmong(keys, resource)), limit: keys.length }, asked),
    asked,
    db
  )
}

export function isAmong(
  keys: readonly Key[],
  { account, id, idType }: { account: SQLWrapper; id: SQLWrapper; idType: 'text' | 'uuid' }
): SQL {
  return sql`(${account}, ${id}) in (select * from unnest(${sql.param(keys.map(key => key.account))}::text[], ${sql.param(keys.map(key => key.id))}::${sql.raw(idType)}[]))`
}
