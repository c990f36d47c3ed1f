import compress, { type FastifyCompressOptions } from '@fastify/compress'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Access } from '../access/access.js'
import browsers, { type SecurityHeadersOptions } from '../http/security-headers.js'
import keys from './access/keys.js'
import me from './access/me.js'
import organizationNumbers from './access/organization-numbers.js'
import organizations from './access/organizations.js'
import session from './access/session.js'
import audit from './admin/audit.js'
import backfills, { type BackfillsOptions } from './admin/backfills.js'
import completeness, { type CompletenessOptions } from './admin/completeness.js'
import deadLetters, { type DeadLettersOptions } from './admin/dead-letters.js'
import drift from './admin/drift.js'
import failedEntities from './admin/failed-entities.js'
import projector from './admin/projector.js'
import quota, { type QuotaOptions } from './admin/quota.js'
import settings, { type SettingsRouteOptions } from './admin/settings.js'
import sync, { type SyncOptions } from './admin/sync.js'
import system, { type SystemOptions } from './admin/system.js'
import agentHistory from './agents/history.js'
import agents from './agents/routes.js'
import gate, { type ApiLimits } from './authorize.js'
import calls, { type CallsOptions } from './calls/routes.js'
import timeline from './calls/timeline.js'
import { asUnavailable } from './database-errors.js'
import firstSystemDirectory from './first-system/directory.js'
import firstSystemReports from './first-system/reports.js'
import firstSystemSync from './first-system/sync.js'
import { serveDocs } from './openapi.js'
import contacts from './resources/contacts.js'
import events from './resources/events.js'
import messages from './resources/messages.js'
import numbers from './resources/numbers.js'
import threads from './resources/threads.js'
import voicemails from './resources/voicemails.js'
import statsAgents from './stats/agents.js'
import statsCalls from './stats/calls.js'
import statsNow from './stats/now.js'
import type { StatsOptions } from './stats/scope.js'

interface ApiOptions
  extends CallsOptions,
    DeadLettersOptions,
    QuotaOptions,
    SyncOptions,
    CompletenessOptions,
    Omit<BackfillsOptions, 'auditLog'>,
    StatsOptions,
    SettingsRouteOptions,
    SystemOptions {
  /** Its properties are passed to the plugins as options. */
  access: Access
  limits: ApiLimits
  /** Adds routes of other stages, which accept the same keys. */
  addRoutes: (api: FastifyInstance, authenticate: Access['authenticate']) => Promise<void>
}

/** All routes that require a key: those under /v1 and those of the first system. A new resource adds one line here. */
const api = fp<ApiOptions>(
  async (app, { access, limits, addRoutes, ...others }) => {
    const deps = { ...others, ...access }
    app.setErrorHandler(err => {
      throw asUnavailable(err) ?? err
    })
    await app.register(gate, { authenticate: access.authenticate, limits })
    await app.register(calls, deps)
    await app.register(timeline, deps)
    await app.register(voicemails, deps)
    await app.register(messages, deps)
    await app.register(threads, deps)
    await app.register(agents, deps)
    await app.register(agentHistory, deps)
    await app.register(numbers, deps)
    await app.register(contacts, deps)
    await app.register(events, deps)
    await app.register(drift, deps)
    await app.register(statsCalls, deps)
    await app.register(statsAgents, deps)
    await app.register(statsNow, deps)
    await app.register(settings, deps)
    await app.register(system, deps)
    await app.register(deadLetters, deps)
    await app.register(failedEntities, deps)
    await app.register(projector, deps)
    await app.register(quota, deps)
    await app.register(sync, deps)
    await app.register(firstSystemSync, deps)
    await app.register(firstSystemDirectory, deps)
    await app.register(firstSystemReports, deps)
    await app.register(completeness, deps)
    await app.register(backfills, deps)
    await addRoutes(app, access.authenticate)
    await app.register(me, deps)
    await app.register(session, deps)
    await app.register(keys, deps)
    await app.register(organizations, deps)
    await app.register(organizationNumbers, deps)
    await app.register(audit, deps)
  },
  { name: 'api', fastify: '5.x', encapsulate: true }
)

export type QueryOptions = ApiOptions & Pick<SecurityHeadersOptions, 'corsOrigins'>

/**
 * JSON, CSV and NDJSON of more than 1 KiB are compressed; event streams are not, since compression would hold events
 * back. The attack BREACH needs a page of another origin that sends requests with the credential of the user and
 * chooses a part of the response: a key is never sent by a browser on its own, and the cookie is `SameSite=Strict`.
 */
const COMPRESSION: FastifyCompressOptions = {
  customTypes: /^(application\/(json|x-ndjson)|text\/csv)(;|$)/,
  encodings: ['gzip', 'br', 'deflate'],
  globalDecompression: false,
  threshold: 1024
}

/** Serves the query role: the API, its OpenAPI document and the page that shows it (see openapi.ts). */
export async function serveQuery(app: FastifyInstance, { corsOrigins, ...options }: QueryOptions): Promise<void> {
  await app.register(async scope => {
    await scope.register(browsers, { corsOrigins, publicUrl: options.access.publicUrl })
    await scope.register(compress, COMPRESSION)
    await scope.register(api, options)
    await serveDocs(scope)
    scope.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))
  })
}
