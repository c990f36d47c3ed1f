import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import Type, { type TSchema } from 'typebox'
import { createCsv } from './csv.js'
import type { Keyset } from './parameters.js'

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** Of one statement: between two of them no connection is held, however slowly a client reads. */
const ROWS = 1000

/** Of one piece of text, so that other requests get their turn. */
const ROWS_OF_A_PIECE = 100

export interface Page<Item> {
  data: Item[]
  /** To go on behind; null: this is the last page. */
  place: Keyset | null
}

export type PageOf<Item> = (place: Keyset | null, limit: number) => Promise<Page<Item>>

export interface ExportedList<Item> {
  /** Of the file. */
  name: string
  item: TSchema
  place: Keyset | null
  pageOf: PageOf<Item>
}

/** What a list may be sent as beside a page of JSON. */
export const exportTypes = {
  'text/csv': { schema: Type.String({ description: 'A line for each row, with a header.' }) },
  'application/x-ndjson': { schema: Type.String({ description: 'An object on each line.' }) }
}

/**
 * All rows from a place on, as they are read: page by page, when the client has taken the one before.
 * A failure on the way breaks the connection, so that no short file looks like a whole one.
 */
export async function sendExport<Item>(
  reply: FastifyReply,
  format: ExportFormat,
  { name, item, place, pageOf }: ExportedList<Item>
): Promise<FastifyReply> {
  const first = await pageOf(place, ROWS) // a failure here is still an answer
  reply.header('content-type', format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson')
  reply.header('content-disposition', `attachment; filename="${name}.${format}"`)
  return reply.send(Readable.from(piecesOf(format, item, pagesFrom(first, pageOf)), { highWaterMark: 2 }))
}

async function* pagesFrom<Item>(first: Page<Item>, pageOf: PageOf<Item>): AsyncGenerator<Item[]> {
  yield first.data
  for (let { place } = first; place !== null; ) {
    const page = await pageOf(place, ROWS)
    yield page.data
    place = page.place
  }
}

async function* piecesOf<Item>(
  format: ExportFormat,
  item: TSchema,
  pages: AsyncIterable<Item[]>
): AsyncGenerator<Buffer> {
  const csv = createCsv(item)
  const lines =
    format === 'csv' ? csv.lines : (items: readonly Item[]) => items.map(row => `${JSON.stringify(row)}\n`).join('')
  if (format === 'csv') yield Buffer.from(csv.header())
  for await (const page of pages) {
    for (let from = 0; from < page.length; from += ROWS_OF_A_PIECE)
      yield Buffer.from(lines(page.slice(from, from + ROWS_OF_A_PIECE)))
  }
}
