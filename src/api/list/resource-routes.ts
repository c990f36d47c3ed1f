import type { FastifyInstance } from 'fastify'
import Type, { type Static, type TObject } from 'typebox'
import { viewerOf } from '../../access/viewer.js'
import { errors } from '../../http/error-schema.js'
import { decodeKeyset } from './cursor.js'
import { accountParameter, askedBy, type ReadingOptions } from './query-context.js'
import { findRow, pagesOf, type Resource } from './resource.js'
import { answerList, listAnswer, type PageParameters, pageParameters } from './respond.js'

export interface Urls {
  /** `/v1/voicemails`. */
  list: string
  /** `/v1/voicemails/:id`. */
  one: string
  tag: string
  summary: string
  /** What the list is sorted by, the default first: `-at`, `at`. */
  sorts: readonly [string, string]
}

type ListQuery<P extends TObject> = Static<P> & PageParameters & { sort: string; account?: string[] }

const idPath = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) })
const oneQuery = Type.Object({ account: Type.Optional(accountParameter) }, { additionalProperties: false })

/** GET of the list, and of one by its id. */
export function serveResource<P extends TObject, Row, Item>(
  app: FastifyInstance,
  options: ReadingOptions,
  { one, ...urls }: Urls,
  resource: Resource<P, Row, Item>
): void {
  serveList(app, options, urls, resource)
  const { db } = options
  app.get(
    one,
    {
      schema: {
        tags: [urls.tag],
        summary: `One ${resource.what}`,
        params: idPath,
        querystring: oneQuery,
        response: { 200: resource.item, ...errors(400, 401, 404, 409) }
      }
    },
    async request => {
      const { id } = request.params as Static<typeof idPath> // as the schema says
      const { account } = request.query as Static<typeof oneQuery>
      const asked = askedBy(viewerOf(request), account, options)
      const [item] = await resource.show([await findRow(resource, { id, account }, { db, asked })], asked, db)
      return item
    }
  )
}

export function serveList<P extends TObject, Row, Item>(
  app: FastifyInstance,
  options: ReadingOptions,
  { list, tag, summary, sorts }: Omit<Urls, 'one'>,
  resource: Resource<P, Row, Item>
): void {
  const { db } = options
  const sort = Type.Enum([...sorts], { default: sorts[0], description: 'A minus: from the last to the first.' })
  const querystring = Type.Object(
    { ...pageParameters, sort, ...resource.parameters.properties },
    { additionalProperties: false }
  )
  app.get(
    list,
    {
      schema: { tags: [tag], summary, querystring, response: { 200: listAnswer(resource.item), ...errors(400, 401) } }
    },
    async (request, reply) => {
      const query = request.query as ListQuery<P> // as the schema says
      const asked = askedBy(viewerOf(request), query.account, options)
      return answerList(reply, {
        name: list.slice(list.lastIndexOf('/') + 1),
        item: resource.item,
        query,
        decode: (filter, cursor) => decodeKeyset(resource.columns, filter, cursor),
        pageOf: pagesOf(resource, query, { db, asked, descending: query.sort.startsWith('-') })
      })
    }
  )
}
