import type { FastifyReply } from 'fastify'
import Type, { type TSchema } from 'typebox'
import { EXPORT_FORMATS, type ExportFormat, exportTypes, type PageOf, sendExport } from './export.js'
import { encodeCursor, type Keyset, listParameters } from './parameters.js'

/** What every list takes beside its filter. */
export const pageParameters = {
  limit: listParameters.limit,
  cursor: listParameters.cursor,
  format: Type.Optional(
    Type.Enum([...EXPORT_FORMATS], {
      description:
        'All rows, from the cursor on, as a file that streams; the limit does not count. In csv a text that a spreadsheet would run is prefixed with an apostrophe.'
    })
  )
}

export interface PageParameters {
  limit: number
  cursor?: string
  format?: ExportFormat
}

export const nextCursor = Type.Union([Type.String(), Type.Null()], { description: 'Null: this is the last page.' })

/** The answer of a list: a page of JSON, or all of it as a file. */
export const listAnswer = (item: TSchema, cursor: TSchema = nextCursor) => ({
  description: 'A page, or with format a file.',
  content: {
    'application/json': { schema: Type.Object({ data: Type.Array(item), nextCursor: cursor }) },
    ...exportTypes
  }
})

export interface AnsweredList<Item> {
  /** Of the file. */
  name: string
  item: TSchema
  /** Of the whole request. */
  query: PageParameters
  /** @throws InvalidParameterError */
  decode: (filter: object, cursor: string) => Keyset
  pageOf: PageOf<Item>
}

/** @throws InvalidParameterError  the cursor is none of ours, or belongs to another filter */
export async function answerList<Item>(
  reply: FastifyReply,
  { name, item, query: { limit, cursor, format, ...filter }, decode, pageOf }: AnsweredList<Item>
): Promise<FastifyReply> {
  const place = cursor === undefined ? null : decode(filter, cursor)
  if (format) return sendExport(reply, format, { name, item, place, pageOf })
  const page = await pageOf(place, limit)
  return reply.send({ data: page.data, nextCursor: page.place && encodeCursor(filter, page.place) })
}
