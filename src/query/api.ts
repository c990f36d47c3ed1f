import type { FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { isAway } from '../db/sqlstate.js'
import { roleOf } from '../access/routes.js'
import { isEnough, type Viewer } from '../access/viewer.js'
import { ForbiddenError, NotReadyError } from '../errors.js'
import agents from './agents.js'
import backfills, { type BackfillsOptions } from './backfills.js'
import calls, { type CallsOptions } from './calls.js'
import completeness, { type CompletenessOptions } from './completeness.js'
import deadLetters, { type DeadLettersOptions } from './dead-letters.js'
import drift from './drift.js'
import { errors } from './errors.js'
import failedEntities from './failed-entities.js'
import firstSystemDirectory from './first-system/directory.js'
import firstSystemReports from './first-system/reports.js'
import firstSystemSync from './first-system/sync.js'
import projector from './projector.js'
import quota, { type QuotaOptions } from './quota.js'
import settings, { type SettingsRouteOptions } from './settings.js'
import statsAgents from './stats/agents.js'
import statsCalls from './stats/calls.js'
import statsNow from './stats/now.js'
import type { StatsOptions } from './stats/scope.js'
import sync, { type SyncOptions } from './sync.js'
import system, { type SystemOptions } from './system.js'
import timeline from './timeline.js'

export interface ApiOptions extends CallsOptions, DeadLettersOptions, QuotaOptions, SyncOptions, CompletenessOptions, BackfillsOptions, StatsOptions, SettingsRouteOptions, SystemOptions {
  /** @throws UnauthorizedError  it is nobody's whom we know */
  authenticate: (request: FastifyRequest) => Promise<Viewer>
}

/** Everything under /v1, and the first system's routes, for those who have a key. A new resource is one file and one line here. */
export default fp<ApiOptions>(async (app, { authenticate, ...deps }) => {
  app.decorateRequest('viewer', null)
  app.addHook('onRoute', guard)
  app.addHook('onRequest', async request => {
    const { role } = request.routeOptions.config
    if (role === undefined || role === 'open') return
    request.viewer = await authenticate(request)
    if (!isEnough(request.viewer.role, role)) throw new ForbiddenError(role)
  })
  app.setErrorHandler(err => { throw isAway(err) ? Object.assign(new NotReadyError(), { cause: err }) : err })
  await app.register(calls, deps)
  await app.register(timeline, deps)
  await app.register(agents, deps)
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
}, { name: 'api', fastify: '5.x', encapsulate: true })

/** Looks up who may use a route that is being added, and says so in its description. */
function guard (route: RouteOptions & { routePath: string }): void {
  const role = roleOf(String(route.method), route.url)
  route.config = { ...route.config, role }
  if (role === 'open') return
  const response = route.schema?.response
  route.schema = { ...route.schema, security: [{ key: [] }], response: role === 'viewer' || !response ? response : { ...response, ...errors(403) } }
}
