import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { isAway } from '../db/sqlstate.js'
import { NotReadyError } from '../errors.js'
import agents from './agents.js'
import calls, { type CallsOptions } from './calls.js'
import completeness, { type CompletenessOptions } from './completeness.js'
import deadLetters, { type DeadLettersOptions } from './dead-letters.js'
import drift from './drift.js'
import failedEntities from './failed-entities.js'
import firstSystemSync from './first-system/sync.js'
import projector from './projector.js'
import quota, { type QuotaOptions } from './quota.js'
import sync, { type SyncOptions } from './sync.js'
import timeline from './timeline.js'

export interface ApiOptions extends CallsOptions, DeadLettersOptions, QuotaOptions, SyncOptions, CompletenessOptions {
  authenticate: (request: FastifyRequest) => Promise<void>
}

/** Everything under /v1, and the first system's routes, for those who have a key. A new resource is one file and one line here. */
export default fp<ApiOptions>(async (app, { authenticate, ...deps }) => {
  app.addHook('onRequest', authenticate)
  app.setErrorHandler(err => { throw isAway(err) ? Object.assign(new NotReadyError(), { cause: err }) : err })
  app.addHook('onRoute', route => { route.schema = { ...route.schema, security: [{ key: [] }] } })
  await app.register(calls, deps)
  await app.register(timeline, deps)
  await app.register(agents, deps)
  await app.register(drift, deps)
  await app.register(deadLetters, deps)
  await app.register(failedEntities, deps)
  await app.register(projector, deps)
  await app.register(quota, deps)
  await app.register(sync, deps)
  await app.register(firstSystemSync, deps)
  await app.register(completeness, deps)
}, { name: 'api', fastify: '5.x', encapsulate: true })
