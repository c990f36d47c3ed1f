import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Access } from '../access/access.js'
import { isAway } from '../db/sqlstate.js'
import { NotReadyError } from '../errors.js'
import agentHistory from './agent-history.js'
import agents from './agents.js'
import audit from './audit.js'
import backfills, { type BackfillsOptions } from './backfills.js'
import calls, { type CallsOptions } from './calls.js'
import completeness, { type CompletenessOptions } from './completeness.js'
import contacts from './contacts.js'
import deadLetters, { type DeadLettersOptions } from './dead-letters.js'
import drift from './drift.js'
import events from './events.js'
import failedEntities from './failed-entities.js'
import firstSystemDirectory from './first-system/directory.js'
import firstSystemReports from './first-system/reports.js'
import firstSystemSync from './first-system/sync.js'
import gate, { type ApiLimits } from './gate.js'
import keys from './keys.js'
import me from './me.js'
import messages from './messages.js'
import numbers from './numbers.js'
import organizationNumbers from './organization-numbers.js'
import organizations from './organizations.js'
import projector from './projector.js'
import quota, { type QuotaOptions } from './quota.js'
import session from './session.js'
import settings, { type SettingsRouteOptions } from './settings.js'
import statsAgents from './stats/agents.js'
import statsCalls from './stats/calls.js'
import statsNow from './stats/now.js'
import type { StatsOptions } from './stats/scope.js'
import sync, { type SyncOptions } from './sync.js'
import system, { type SystemOptions } from './system.js'
import threads from './threads.js'
import timeline from './timeline.js'
import voicemails from './voicemails.js'

export interface ApiOptions extends CallsOptions, DeadLettersOptions, QuotaOptions, SyncOptions, CompletenessOptions, Omit<BackfillsOptions, 'auditLog'>, StatsOptions, SettingsRouteOptions, SystemOptions {
  access: Access // its parts are what the routes of access take
  limits: ApiLimits
  /** Of other stages, behind the same keys. */
  addRoutes: (api: FastifyInstance, authenticate: Access['authenticate']) => Promise<void>
}

/** Everything under /v1, and the first system's routes, for those who have a key. A new resource is one file and one line here. */
export default fp<ApiOptions>(async (app, { access, limits, addRoutes, ...others }) => {
  const deps = { ...others, ...access }
  app.setErrorHandler(err => { throw isAway(err) ? Object.assign(new NotReadyError(), { cause: err }) : err })
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
}, { name: 'api', fastify: '5.x', encapsulate: true })
