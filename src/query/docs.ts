import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

const INFO = {
  title: 'mightycall-stream',
  description: 'Calls of a MightyCall account, read from the events that its webhooks made. Times are RFC 3339 in UTC with milliseconds, durations are seconds, numbers are E.164.',
  version: '1'
}

/** Collects the routes that are registered after it; `app.swagger()` is the document. */
export async function collectOpenApi (app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: INFO,
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key.' } } },
      tags: [{ name: 'calls' }, { name: 'health' }]
    }
  })
}

/** GET /docs: the document as a page. */
export async function serveDocs (app: FastifyInstance): Promise<void> {
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, theme: { title: INFO.title } })
}
