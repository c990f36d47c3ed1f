import type { FastifyInstance } from 'fastify'
import Type, { type Static, type TObject, type TSchema } from 'typebox'
import { viewerOf } from '../../access/viewer.js'
import { errors } from '../../http/error-schema.js'
import { defineRoutes } from '../define-routes.js'
import { listResponse, type PageParameters, pageParameters, pageSchema, sendList } from './page.js'
import { accountParameter } from './parameters.js'
import { type QueryOptions, queryContextOf } from './query-context.js'
import { findRow, pageReader, type Resource } from './resource.js'

export interface ListRoute {
  /** `/v1/voicemails` */
  url: string
  tag: string
  operationId: string
  summary: string
  /** The values of the parameter `sort`; the first is the default. */
  sorts: readonly [string, string]
}

export interface ResourceRoutes extends Omit<ListRoute, 'operationId'> {
  /** The operation ids of the list and of the single resource. */
  operationIds: readonly [list: string, one: string]
}

type ListQuery<P extends TObject> = Static<P> & PageParameters & { sort: string; account?: string[] }

const idPath = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100, description: 'The id of the resource.' })
})
const oneQuery = Type.Object({ account: Type.Optional(accountParameter) }, { additionalProperties: false })

/** A plugin that serves the list of a resource at `url`, and a single one at `url/:id`. */
export function resourceRoutes<P extends TObject, Row, Item>(
  { operationIds: [listId, oneId], ...list }: ResourceRoutes,
  resource: Resource<P, Row, Item>
) {
  return defineRoutes<QueryOptions>(fileName(list.url), async (app, options) => {
    serveList(app, options, { ...list, operationId: listId }, resource)
    const { db } = options
    app.get(
      `${list.url}/:id`,
      {
        schema: {
          tags: [list.tag],
          operationId: oneId,
          summary: `Get a ${resource.noun}`,
          params: idPath,
          querystring: oneQuery,
          response: { 200: resource.item, ...errors(400, 401, 404, 409) }
        }
      },
      async request => {
        const { id } = request.params
        const { account } = request.query
        const context = queryContextOf(viewerOf(request), account, options)
        const [item] = await resource.toItems([await findRow(resource, { id, account }, { db, context })], context, db)
        return item
      }
    )
  })
}

/** Serves the list of a resource. */
export function serveList<P extends TObject, Row, Item>(
  app: FastifyInstance,
  options: QueryOptions,
  { url, tag, operationId, summary, sorts }: ListRoute,
  resource: Resource<P, Row, Item>
): void {
  const { db } = options
  const page: TSchema = pageSchema(resource.item)
  const querystring = Type.Object(
    { ...pageParameters, sort: sortParameter(sorts), ...resource.parameters.properties },
    { additionalProperties: false }
  )
  app.get(
    url,
    {
      schema: {
        tags: [tag],
        operationId,
        summary,
        querystring,
        response: { 200: listResponse(page), ...errors(400, 401) }
      }
    },
    async (request, reply) => {
      const query = request.query as ListQuery<P> // the type of the schema, which depends on P
      const context = queryContextOf(viewerOf(request), query.account, options)
      return sendList(reply, {
        zonesOf: options.zonesOf,
        name: fileName(url),
        item: resource.item,
        query,
        keysetTypes: resource.sortColumns.map(([, type]) => type),
        readPage: pageReader(resource, query, { db, context, descending: query.sort.startsWith('-') })
      })
    }
  )
}

export function sortParameter<const S extends readonly [string, string]>(sorts: S) {
  return Type.Enum([...sorts], { default: sorts[0], description: 'The order. A minus means descending.' })
}

function fileName(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1)
}
