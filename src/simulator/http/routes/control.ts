import type { FastifyInstance } from 'fastify'
import Value from 'typebox/value'
import { answerFaults, type FaultSwitch } from '../answer-faults.js'
import type { DailyLimit } from '../daily-limit.js'
import { invalidRequest } from '../error-responses.js'
import type { TruthAt } from '../state/truth-at.js'
import type { PostStatistics } from '../webhook-poster.js'

export interface ControlOptions {
  /** Returns the ground truth until now. */
  truth: () => TruthAt
  /** Returns `null` when no webhooks are posted. */
  webhooks: () => PostStatistics | null
  faults: FaultSwitch
  limit: DailyLimit
  now: () => number
}

/** Routes for tests that MightyCall does not have. They need no credentials, since all data is made up. */
export function controlRoutes(app: FastifyInstance, { truth, webhooks, faults, limit, now }: ControlOptions): void {
  const state = () => ({ ...faults.get(), requestsInDay: limit.usedAt(now()) })
  app.get('/truth', () => ({ ...truth(), webhooks: webhooks() }))
  app.get('/faults', state)
  app.post('/faults', ({ body }) => {
    if (!Value.Check(answerFaults, body))
      throw invalidRequest({ body: Value.Errors(answerFaults, body)[0]?.message ?? 'The body is invalid.' })
    faults.set(body)
    if (typeof body.blockedForSeconds === 'number') limit.block(now() + body.blockedForSeconds * 1000)
    return state()
  })
}
