import assert from 'node:assert/strict'
import t, { type Test } from 'tap'
import type { Event } from '../../src/events/event.js'
import { createRandom } from '../../src/simulator/random.js'
import type { Truth } from '../../src/simulator/truth.js'
import { agentAt } from '../support/agent-at.js'
import { COMPANY_START } from '../support/company.js'
import { deliveredCompany, shuffledWithDuplicates } from '../support/delivered-company.js'
import { projector } from '../support/projection.js'
import { queryApi } from '../support/query-api.js'

const HOURS = 4
const DELAY = 7_000

interface Agent {
  extension: string
  status: string
  presence: string | null
  calls: string[]
}

/** Returns the true state of every agent at an instant. */
function expectedAgents(truth: Truth, instant: number): Agent[] {
  return truth.staff.agents.map(({ extension }) => {
    const presence =
      truth.presences.find(
        span =>
          span.extension === extension && span.since <= instant && (span.until ?? Number.POSITIVE_INFINITY) > instant
      )?.presence ?? null
    return { extension, presence, ...agentAt(truth, extension, instant) }
  })
}

function assertMatchesTruth(
  t: Test,
  { found, truth, instant }: { found: readonly Agent[]; truth: Truth; instant: number }
): void {
  const known = new Set(found.map(agent => agent.extension))
  const expected = expectedAgents(truth, instant).filter(agent => known.has(agent.extension))
  assert.deepEqual(
    found.map(({ extension, status, presence, calls }) => ({ extension, status, presence, calls })),
    expected,
    `${t.name}: ${new Date(instant).toISOString()}`
  )
}

t.test('at 1,000 past instants every agent has the true state', async t => {
  const { truth, webhookEvents, restFacts } = deliveredCompany({ seed: 1, calls: 120, hours: HOURS }, DELAY)
  const { pool, project } = await projector(t)
  await project(shuffledWithDuplicates<Event>([...webhookEvents, ...restFacts], 1))
  const { get } = await queryApi(t, pool, () => new Date(COMPANY_START + 10 * HOURS * 3_600_000))
  const random = createRandom(1, 78)
  const seen = new Set<string>()
  for (let i = 0; i < 1_000; i++) {
    const instant = COMPANY_START + random.int(0, HOURS * 3_600_000)
    const { data } = (await get(`/v1/agents?asOf=${new Date(instant).toISOString()}`)).json<{ data: Agent[] }>()
    assertMatchesTruth(t, { found: data, truth, instant })
    for (const { status } of data) seen.add(status)
  }
  t.strictSame(
    [...seen].sort(),
    ['available', 'dialing', 'dnd', 'on_call', 'ringing', 'unknown'],
    'every status occurred'
  )
})

t.test('at 200 moments the current state follows from the received events', async t => {
  const { truth, webhookEvents, restFacts } = deliveredCompany({ seed: 2, calls: 120, hours: HOURS }, DELAY)
  const { pool, project } = await projector(t)
  let clock = COMPANY_START
  const { get } = await queryApi(t, pool, () => new Date(clock))
  const random = createRandom(2, 79)
  const moments = Array.from({ length: 200 }, () => COMPANY_START + random.int(0, HOURS * 3_600_000)).sort(
    (a, b) => a - b
  )
  const events: Event[] = [...webhookEvents, ...restFacts]
  let projected = 0
  let before = 0
  for (const moment of moments) {
    clock = moment
    const batch = shuffledWithDuplicates(
      events.filter(event => Date.parse(event.receivedAt) > before && Date.parse(event.receivedAt) <= moment),
      moment
    )
    if (batch.length > 0) await project(batch, projected)
    projected += batch.length
    before = moment
    const { data } = (await get('/v1/agents')).json<{ data: Agent[] }>()
    assertMatchesTruth(t, { found: data, truth, instant: moment - DELAY })
  }
  t.ok(projected > events.length / 2)
})
