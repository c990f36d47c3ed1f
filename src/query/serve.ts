import type { FastifyInstance } from 'fastify'
import api, { type ApiOptions } from './api.js'
import { serveDocs } from './docs.js'

/** The querying role: the API, and its description as a page, for an app that collects it (see docs.ts). */
export async function serveQuery (app: FastifyInstance, options: ApiOptions): Promise<void> {
  await app.register(api, options)
  await serveDocs(app)
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))
}
