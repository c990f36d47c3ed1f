import type { FastifyInstance } from 'fastify'
import api, { type ApiOptions } from '../api/api.js'
import browsers, { type BrowsersOptions } from '../http/security-headers.js'
import { serveDocs } from '../api/openapi.js'

export type QueryOptions = ApiOptions & Pick<BrowsersOptions, 'corsOrigins'>

/** The querying role: the API, and its description as a page, for an app that collects it (see docs.ts). */
export async function serveQuery (app: FastifyInstance, { corsOrigins, ...options }: QueryOptions): Promise<void> {
  await app.register(async scope => {
    await scope.register(browsers, { corsOrigins, publicUrl: options.access.publicUrl })
    await scope.register(api, options)
    await serveDocs(scope)
    scope.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))
  })
}
