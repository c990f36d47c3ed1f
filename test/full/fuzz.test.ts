import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { checkAnswer } from '../support/fuzz/check.js'
import { type Document, operationsOf } from '../support/fuzz/operations.js'
import { requestsOf } from '../support/fuzz/requests.js'
import { fuzzedWorld } from '../support/fuzz/world.js'

// A run that failed can be had again: FUZZ_SEED=4711 npm run test:full -- fuzz. FUZZ_RUNS is how often each operation
// is asked.
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
const RUNS = Number(process.env.FUZZ_RUNS ?? 250)
const AT_LEAST = 5_000

/**
 * What is answered by parts of the service that are not here, and an event, of which the kind, the entity and the id
 * have to be guessed at once.
 */
const NEVER = ['GET /v1/events/{id}', 'POST /api/admin/mightycall/sync', 'GET /v1/live']

t.test(
  'whatever is asked, by whomever, the answer is one that the OpenAPI document promises, and no fault of ours',
  async t => {
    const operations = operationsOf(
      JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'docs/openapi.json'), 'utf8')) as Document
    )
    const { known, send } = await fuzzedWorld(t, operations)
    const statuses: Record<number, number> = {}
    const accepted = new Set<string>()
    for (const operation of operations) {
      const name = `${operation.method} ${operation.path}`
      const property = fc.asyncProperty(requestsOf(operation, known), async request => {
        const answer = await send(operation, request)
        statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1
        if (answer.statusCode < 300) accepted.add(name)
        checkAnswer(operation, request, answer)
      })
      const { failed, counterexample, errorInstance } = await fc.check(property, { seed: SEED, numRuns: RUNS })
      t.notOk(
        failed,
        `${name}, FUZZ_SEED=${SEED}`,
        failed ? { error: String(errorInstance), request: JSON.stringify(counterexample).slice(0, 1_000) } : {}
      )
    }
    const requests = Object.values(statuses).reduce((sum, count) => sum + count, 0)
    t.comment(`seed ${SEED}: ${requests} requests, ${JSON.stringify(statuses)}`)
    t.ok(process.env.FUZZ_RUNS || requests >= AT_LEAST, `${requests} requests`)
    t.strictSame(
      operations.map(({ method, path }) => `${method} ${path}`).filter(name => !accepted.has(name)),
      NEVER,
      'all others have been answered with what was asked for'
    )
  }
)
