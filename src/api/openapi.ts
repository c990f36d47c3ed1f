import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import type { TObject } from 'typebox'
import { SESSION_COOKIE } from '../access/authenticator.js'
import { shareComponents } from './openapi-components.js'

const INFO = {
  title: 'mightycall-stream',
  description:
    'Calls, voicemails, messages, agents and contacts of MightyCall accounts, derived from the events that webhooks ' +
    'and the REST API of MightyCall have delivered. Times are RFC 3339 in UTC with milliseconds, durations are in ' +
    'seconds, and phone numbers are in E.164 format.',
  version: '1',
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
}

const TAGS = [
  { name: 'calls', description: 'Calls, their legs and their timelines.' },
  { name: 'voicemails', description: 'Voicemails and their transcripts.' },
  { name: 'messages', description: 'SMS and MMS messages, and their threads.' },
  { name: 'agents', description: 'What each agent does now, and did before.' },
  { name: 'directory', description: 'Business numbers and contacts.' },
  { name: 'statistics', description: 'Counts, rates and durations of calls and agents.' },
  { name: 'live', description: 'Changes as server-sent events.' },
  { name: 'settings', description: 'Settings of each account.' },
  { name: 'access', description: 'Keys, sessions, organizations and the audit log.' },
  { name: 'events', description: 'The events that everything else is derived from.' },
  { name: 'completeness', description: 'Gaps in what was received, and the quality of webhook delivery.' },
  { name: 'sync', description: 'Full readings of the MightyCall REST API.' },
  { name: 'backfills', description: 'Readings of past intervals from the MightyCall REST API.' },
  { name: 'quota', description: 'Usage of the daily request limit of the MightyCall REST API.' },
  { name: 'drift', description: 'Unknown types and fields in the data of MightyCall.' },
  { name: 'dead letters', description: 'Records and entities that could not be projected.' },
  { name: 'system', description: 'The state of the service.' },
  { name: 'first system', description: 'Routes that are compatible with the first system.' },
  { name: 'webhooks', description: 'The addresses that MightyCall sends notifications to.' },
  { name: 'health', description: 'Liveness and readiness, for load balancers.' }
]

/** Describes the routes that are registered after this call; `app.swagger()` returns the document. */
export async function collectOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: INFO,
      servers: [{ url: '/', description: 'The host that serves this document.' }],
      security: [{ key: [] }, { session: [] }],
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key.' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: SESSION_COOKIE,
            description:
              'The cookie that POST /v1/session sets. A request that changes something must come from the same origin.'
          }
        }
      },
      tags: TAGS
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, i) => (typeof json.$id === 'string' ? json.$id : `def-${i}`)
    },
    transform: ({ schema, url, route }) => ({
      schema: withOptionalDefaults(isOpen(route) ? { ...schema, security: [] } : schema),
      url
    }),
    transformObject: document =>
      'openapiObject' in document ? shareComponents(document.openapiObject) : document.swaggerObject
  })
}

/** Whether a route needs no credential. Routes outside the API have no role. */
function isOpen({ config }: RouteOptions): boolean {
  return config?.role === undefined || config.role === 'open'
}

/** A parameter with a default may be omitted. TypeBox marks it as required because a handler always receives it. */
function withOptionalDefaults(schema: FastifySchema): FastifySchema {
  const { properties, required } = (schema.querystring as TObject | undefined) ?? {} // every querystring is an object
  if (!properties || !required) return schema
  return {
    ...schema,
    querystring: {
      ...(schema.querystring as TObject),
      required: required.filter(name => !('default' in (properties[name] ?? {})))
    }
  }
}

/** Serves the document as a page at /docs. */
export async function serveDocs(app: FastifyInstance): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformStaticCSP: withoutOtherHosts,
    theme: { title: INFO.title, css: [{ filename: 'theme.css', content: '.swagger-ui .topbar { display: none }' }] }
  })
}

/** The content security policy of the page, without other hosts and without rules that need TLS. */
function withoutOtherHosts(policy: string): string {
  return policy
    .replaceAll(/ https:(?=[ ;])| validator\.swagger\.io|upgrade-insecure-requests;?/g, '')
    .replace("frame-ancestors 'self'", "frame-ancestors 'none'")
}
