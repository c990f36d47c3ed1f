import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import Type, { type TSchema } from 'typebox'
import { type CsvOptions, createCsvWriter } from './csv.js'
import type { Keyset } from './cursor.js'

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** The number of rows that one statement reads. Between statements no connection is held, however slow the client. */
const ROWS_PER_STATEMENT = 1000

/** The number of rows that are serialized at once, so that other requests are served in between. */
const ROWS_PER_CHUNK = 100

export interface Page<Item> {
  data: Item[]
  /** The keyset after which the next page begins, or null on the last page. */
  next: Keyset | null
}

export type PageReader<Item> = (after: Keyset | null, limit: number) => Promise<Page<Item>>

export interface Export<Item> {
  /** The name of the file, without its extension. */
  name: string
  item: TSchema
  after: Keyset | null
  readPage: PageReader<Item>
  csv: CsvOptions
}

/** The media types of a list besides a page of JSON. */
export const exportTypes = {
  'text/csv': { schema: Type.String({ description: 'RFC 4180: a header, then one line for each row.' }) },
  'application/x-ndjson': { schema: Type.String({ description: 'One JSON object on each line.' }) }
}

/**
 * Sends all rows after a keyset. Reads them page by page, each when the client has taken the previous one.
 * A failure in the middle closes the connection, so that a truncated file does not look complete.
 */
export async function sendExport<Item>(
  reply: FastifyReply,
  format: ExportFormat,
  { name, item, after, readPage, csv }: Export<Item>
): Promise<FastifyReply> {
  const first = await readPage(after, ROWS_PER_STATEMENT) // a failure of the first page still becomes an error response
  const writer = format === 'csv' ? createCsvWriter(item, csv) : NDJSON_WRITER
  reply.header('content-type', format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson')
  reply.header('content-disposition', `attachment; filename="${name}.${format}"`)
  return reply.send(Readable.from(serialize(writer, pagesFrom(first, readPage)), { highWaterMark: 2 }))
}

async function* pagesFrom<Item>(first: Page<Item>, readPage: PageReader<Item>): AsyncGenerator<Item[]> {
  yield first.data
  for (let { next } = first; next !== null; ) {
    const page = await readPage(next, ROWS_PER_STATEMENT)
    yield page.data
    next = page.next
  }
}

interface Writer {
  header: () => string
  lines: (items: readonly unknown[]) => string
}

const NDJSON_WRITER: Writer = {
  header: () => '',
  lines: items => items.map(row => `${JSON.stringify(row)}\n`).join('')
}

async function* serialize<Item>({ header, lines }: Writer, pages: AsyncIterable<Item[]>): AsyncGenerator<Buffer> {
  const first = header()
  if (first !== '') yield Buffer.from(first)
  for await (const page of pages) {
    for (let from = 0; from < page.length; from += ROWS_PER_CHUNK)
      yield Buffer.from(lines(page.slice(from, from + ROWS_PER_CHUNK)))
  }
}
