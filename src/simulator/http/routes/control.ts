import type { FastifyInstance } from 'fastify'
import Value from 'typebox/value'
import { answerFaults, type FaultSwitch } from '../answer-faults.js'
import type { DailyLimit } from '../daily-limit.js'
import { invalidRequest } from '../refusals.js'
import type { TruthAt } from '../state/truth-at.js'
import type { PostStatistics } from '../webhooks/poster.js'

export interface ControlOptions {
  /** Until now. */
  truth: () => TruthAt
  /** Null: no webhooks are posted. */
  webhooks: () => PostStatistics | null
  faults: FaultSwitch
  limit: DailyLimit
  now: () => number
}

/** What a test needs and MightyCall does not have. Nobody has to sign in for it: nothing here is anybody's. */
export function controlRoutes(app: FastifyInstance, { truth, webhooks, faults, limit, now }: ControlOptions): void {
  const state = () => ({ ...faults.get(), requestsInDay: limit.usedAt(now()) })
  app.get('/truth', () => ({ ...truth(), webhooks: webhooks() }))
  app.get('/faults', state)
  app.post('/faults', ({ body }) => {
    if (!Value.Check(answerFaults, body))
      throw invalidRequest({ body: Value.Errors(answerFaults, body)[0]?.message ?? 'It is not known.' })
    faults.set(body)
    if (typeof body.blockedForSeconds === 'number') limit.block(now() + body.blockedForSeconds * 1000)
    return state()
  })
}
