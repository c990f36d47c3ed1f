import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema } from 'fastify'
import type { TObject } from 'typebox'
import { SESSION_COOKIE } from '../access/authenticator.js'

const INFO = {
  title: 'mightycall-stream',
  description:
    'Calls, voicemails, messages, agents and contacts of MightyCall accounts, read from the events that webhooks and the REST API have told. Times are RFC 3339 in UTC with milliseconds, durations are seconds, numbers are E.164.',
  version: '1'
}

/** Collects the routes that are registered after it; `app.swagger()` is the document. */
export async function collectOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: INFO,
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key.' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: SESSION_COOKIE,
            description: 'Of POST /v1/session. A request that changes something needs an Origin that is ours.'
          }
        }
      },
      tags: [
        { name: 'webhooks' },
        { name: 'calls' },
        { name: 'voicemails' },
        { name: 'messages' },
        { name: 'agents' },
        { name: 'directory' },
        { name: 'events' },
        { name: 'live' },
        { name: 'statistics' },
        { name: 'settings' },
        { name: 'access' },
        { name: 'system' },
        { name: 'drift' },
        { name: 'dead letters' },
        { name: 'first system' },
        { name: 'health' }
      ]
    },
    transform: ({ schema, url }) => ({ schema: withOptionalDefaults(schema), url })
  })
}

/** What has a default need not be sent; TypeBox calls it required, since a handler always sees it. */
function withOptionalDefaults(schema: FastifySchema): FastifySchema {
  const { properties, required } = (schema.querystring as TObject | undefined) ?? {} // every querystring of ours is one
  if (!properties || !required) return schema
  return {
    ...schema,
    querystring: {
      ...(schema.querystring as TObject),
      required: required.filter(name => !('default' in (properties[name] ?? {})))
    }
  }
}

/** GET /docs: the document as a page. */
export async function serveDocs(app: FastifyInstance): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformStaticCSP: ofOurOwn,
    theme: { title: INFO.title, css: [{ filename: 'theme.css', content: '.swagger-ui .topbar { display: none }' }] }
  })
}

/** The page's own policy, without other hosts, and without what would break a service that has no TLS. */
function ofOurOwn(policy: string): string {
  return policy
    .replaceAll(/ https:(?=[ ;])| validator\.swagger\.io|upgrade-insecure-requests;?/g, '')
    .replace("frame-ancestors 'self'", "frame-ancestors 'none'")
}
