import type { FastifyReply } from 'fastify'
import Type, { type TSchema } from 'typebox'
import { orNull } from '../../events/envelope.js'
import { decodeCursor, encodeCursor, type Keyset, type KeysetType } from './cursor.js'
import { EXPORT_FORMATS, type ExportFormat, exportTypes, type PageReader, sendExport } from './export.js'
import { listParameters } from './parameters.js'

/** The parameters that every exportable list has besides its filter. */
export const pageParameters = {
  limit: listParameters.limit,
  cursor: listParameters.cursor,
  format: Type.Optional(
    Type.Enum([...EXPORT_FORMATS], {
      description:
        'Return all rows after the cursor as a streamed file instead of one page of JSON; the limit is ignored. In ' +
        'csv, a text that a spreadsheet would run as a formula is prefixed with an apostrophe.'
    })
  )
}

export interface PageParameters {
  limit: number
  cursor?: string
  format?: ExportFormat
}

export const nextCursor = orNull(Type.String(), 'The cursor of the next page. `null` on the last page.')

/**
 * The schema of a page of a list.
 * @param item  a schema with an `$id`, from which the `$id` of the page is derived
 */
export const pageSchema = <T extends TSchema & { $id?: string }, C extends TSchema = typeof nextCursor>(
  item: T,
  // The default has the type that C has by default.
  cursor: C = nextCursor as unknown as C
) =>
  Type.Object(
    { data: Type.Array(item), nextCursor: cursor },
    { $id: `${item.$id}Page`, description: 'A page of a list.' }
  )

/** The schema of a list that is never paged. */
export const listSchema = <T extends TSchema & { $id?: string }>(item: T) =>
  Type.Object({ data: Type.Array(item) }, { $id: `${item.$id}List`, description: 'A complete list.' })

/** The response schema of an exportable list: a page of JSON, or all rows as a file. */
export const listResponse = (page: TSchema) => ({
  description: 'A page of the list or, with the parameter `format`, all rows as a file.',
  content: { 'application/json': { schema: page }, ...exportTypes }
})

/**
 * Turns up to `limit + 1` rows into a page. The additional row is cut off; it shows that there is another page.
 * @param options.filter  the parameters that select rows, to which the cursor is bound
 */
export function toPage<Row>(
  rows: readonly Row[],
  { limit, filter, keysetOf }: { limit: number; filter: object; keysetOf: (row: Row) => Keyset }
): { data: Row[]; nextCursor: string | null } {
  const data = rows.slice(0, limit)
  const last = data.at(-1)
  return { data, nextCursor: rows.length > limit && last ? encodeCursor(filter, keysetOf(last)) : null }
}

export interface ListReply<Item> {
  /** The name of the exported file, without its extension. */
  name: string
  item: TSchema
  /** All parameters of the request. */
  query: PageParameters
  /** The types of the sort columns. */
  keysetTypes: readonly KeysetType[]
  readPage: PageReader<Item>
}

/** @throws InvalidParameterError  the cursor is invalid, or belongs to another filter */
export async function sendList<Item>(
  reply: FastifyReply,
  { name, item, query: { limit, cursor, format, ...filter }, keysetTypes, readPage }: ListReply<Item>
): Promise<FastifyReply> {
  const after = decodeCursor(cursor, filter, keysetTypes)
  if (format) return sendExport(reply, format, { name, item, after, readPage })
  const page = await readPage(after, limit)
  return reply.send({ data: page.data, nextCursor: page.next && encodeCursor(filter, page.next) })
}
