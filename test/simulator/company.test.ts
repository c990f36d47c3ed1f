import assert from 'node:assert/strict'
import t from 'tap'
import { type Call, foldCall } from '../../src/project/models/calls/fold.js'
import { callAt } from '../../src/simulator/call-at.js'
import { type CompanyOptions, type Simulation, simulateCompany } from '../../src/simulator/company.js'
import { SCENARIOS } from '../../src/simulator/play-calls.js'
import type { TrueCall } from '../../src/simulator/true-call.js'
import { agentAt } from '../../src/simulator/truth.js'
import { eventsByCall } from '../support/simulated.js'
import { asFolded } from '../support/true-rows.js'

const START = Date.UTC(2026, 10, 23, 8)
const company = (options: Partial<CompanyOptions> = {}) =>
  simulateCompany({ seed: 1, startAt: START, calls: 20, ...options })
const oneCall = (seed: number): Simulation => company({ seed, calls: 1, messages: 0, contacts: 0, presenceChanges: 0 })
const MANY_SEEDS = Array.from({ length: 2_000 }, (_, seed) => seed)

/** The row of the fold. */
function whole(call: TrueCall, instant: number): Call | null {
  const at = callAt(call, instant)
  return at && asFolded(at)
}

/** The instants at which something happens in the call, and some between. */
function instantsOf({ startedAt, endedAt, notifiedAt }: TrueCall): number[] {
  return [
    startedAt - 1,
    ...notifiedAt.flatMap(at => [at - 1, at, at + 1]),
    Math.round((startedAt + endedAt) / 2),
    endedAt
  ]
}

t.test('the same seed gives the same company, another seed another', async t => {
  t.strictSame(company(), company())
  t.not(JSON.stringify(company().notifications), JSON.stringify(company({ seed: 2 }).notifications))
})

t.test('what else there is in a company leaves its calls as they are', async t => {
  const { notifications } = company({ presenceChanges: 0 })
  t.strictSame(company({ presenceChanges: 0, messages: 50 }).notifications, notifications)
})

t.test('every scenario occurs', async t => {
  const seen = new Set(MANY_SEEDS.slice(0, 500).map(seed => oneCall(seed).truth.calls[0]?.scenario))
  t.strictSame(
    SCENARIOS.map(scenario => scenario.name).filter(name => !seen.has(name)),
    []
  )
})

t.test('classic notifications fold to exactly the true call', async t => {
  for (const seed of MANY_SEEDS) {
    const {
      truth: {
        calls: [call]
      },
      notifications
    } = oneCall(seed)
    assert.ok(call)
    assert.deepEqual(
      foldCall(eventsByCall(notifications).get(call.id) ?? []),
      whole(call, call.endedAt),
      `seed ${seed}: ${call.scenario}`
    )
  }
  t.pass()
})

t.test('the true call at an instant is what the notifications until then fold to', async t => {
  for (const seed of MANY_SEEDS.slice(0, 400)) {
    const {
      truth: {
        calls: [call]
      },
      notifications
    } = oneCall(seed)
    assert.ok(call)
    const events = eventsByCall(notifications).get(call.id) ?? []
    for (const instant of instantsOf(call)) {
      const told = events.filter(event => Date.parse(event.occurredAt) <= instant)
      assert.deepEqual(
        foldCall(told),
        whole(call, instant),
        `seed ${seed}: ${call.scenario}, ${instant - call.startedAt} ms after its start`
      )
    }
  }
  t.pass()
})

t.test('at its end a call is all of it', async t => {
  for (const call of company({ calls: 300 }).truth.calls) {
    const { id: _, scenario: __, withRest: ___, ringingStoppedAt: ____, notifiedAt: _____, ...whole } = call
    assert.deepEqual(callAt(call, call.endedAt), { ...whole, state: 'ended', restEvents: 0 })
    assert.equal(callAt(call, call.startedAt - 1), null)
  }
  t.pass()
})

t.test('an agent is in one call at a time, and what the agent does is what the call says', async t => {
  const { truth } = company({ calls: 300, hours: 5 })
  for (const call of truth.calls) {
    for (const instant of instantsOf(call)) {
      for (const leg of callAt(call, instant)?.legs ?? []) {
        const { status, calls } = agentAt(truth, leg.extension, instant)
        assert.ok(calls.length <= 1)
        if (leg.endedAt === null)
          assert.deepEqual(
            { status, calls },
            {
              status: leg.connectedAt !== null ? 'on_call' : leg.role === 'dialer' ? 'dialing' : 'ringing',
              calls: [call.id]
            }
          )
      }
    }
  }
  t.pass()
})

t.test('an idle agent is as last reported, and unknown before', async t => {
  const { truth } = company({ calls: 0, presenceChanges: 40, hours: 5 })
  t.ok(truth.presences.length > 10)
  for (const { extension, since, until, presence } of truth.presences) {
    t.equal(agentAt(truth, extension, since).status, presence)
    if (until !== null) t.not(agentAt(truth, extension, until).status, presence)
  }
  for (const { extension } of truth.staff.agents) t.equal(agentAt(truth, extension, START - 1).status, 'unknown')
})
