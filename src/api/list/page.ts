import type { FastifyReply } from 'fastify'
import Type, { type TSchema } from 'typebox'
import { InvalidParameterError } from '../../errors.js'
import { orNull } from '../../events/envelope.js'
import type { CsvOptions } from './csv.js'
import { decodeCursor, encodeCursor, type Keyset, type KeysetType } from './cursor.js'
import { EXPORT_FORMATS, type ExportFormat, exportTypes, type PageReader, sendExport } from './export.js'
import { listParameters } from './parameters.js'

/** The parameters of a route whose rows can be exported as a file. */
export const exportParameters = {
  format: Type.Optional(
    Type.Enum([...EXPORT_FORMATS], {
      description:
        'Return all rows after the cursor as a streamed file instead of one page of JSON; the limit is ignored. In ' +
        'csv, an apostrophe is inserted wherever a spreadsheet could take a text for a formula, whatever separates ' +
        'the cells.'
    })
  ),
  bom: Type.Optional(
    Type.Boolean({
      description: 'With format=csv: whether to begin with a byte order mark, so that Excel reads the file as UTF-8.'
    })
  ),
  times: Type.Optional(
    Type.Enum(['utc', 'local'], {
      description:
        'With format=csv: local writes the times of columns in the time zone of the account, to the second, as ' +
        '2026-11-23 09:00:00. Times within a list stay in UTC.'
    })
  )
}

/** The parameters that every exportable list has besides its filter. */
export const pageParameters = {
  limit: listParameters.limit,
  cursor: listParameters.cursor,
  ...exportParameters
}

export interface ExportParameters {
  format?: ExportFormat | undefined
  bom?: boolean | undefined
  times?: 'utc' | 'local' | undefined
}

export interface PageParameters extends ExportParameters {
  limit: number
  cursor?: string
}

/**
 * Checks the parameters of an export.
 *
 * @param timeZoneOf  the time zone of an item
 * @returns null when the response is JSON
 * @throws InvalidParameterError  the parameters of a CSV file are used without one
 */
export function exportOf(
  { format, bom, times }: ExportParameters,
  timeZoneOf: (item: unknown) => string
): { format: ExportFormat; csv: CsvOptions } | null {
  if (format !== 'csv' && (bom !== undefined || times !== undefined))
    throw new InvalidParameterError('bom and times are parameters of format=csv')
  if (format === undefined) return null
  return { format, csv: { bom: bom === true, timeZoneOf: times === 'local' ? timeZoneOf : null } }
}

/** Returns the time zone of an item: that of its account, or of all accounts when it has none and they agree. */
export function timeZoneOfItem(zonesOf: (accounts?: readonly string[]) => readonly string[]) {
  return (item: unknown): string => {
    const { account } = item as { account?: unknown } // every item is an object
    const [zone = 'UTC', other] = typeof account === 'string' ? zonesOf([account]) : zonesOf()
    return other === undefined ? zone : 'UTC'
  }
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
  zonesOf: (accounts?: readonly string[]) => readonly string[]
}

/** @throws InvalidParameterError  the cursor is invalid, or belongs to another filter */
export async function sendList<Item>(
  reply: FastifyReply,
  {
    name,
    item,
    query: { limit, cursor, format, bom, times, ...filter },
    keysetTypes,
    readPage,
    zonesOf
  }: ListReply<Item>
): Promise<FastifyReply> {
  const after = decodeCursor(cursor, filter, keysetTypes)
  const file = exportOf({ format, bom, times }, timeZoneOfItem(zonesOf))
  if (file) return sendExport(reply, file.format, { name, item, after, readPage, csv: file.csv })
  const page = await readPage(after, limit)
  return reply.send({ data: page.data, nextCursor: page.next && encodeCursor(filter, page.next) })
}
