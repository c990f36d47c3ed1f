import assert from 'node:assert/strict'
import t from 'tap'
import { type Call, foldCall } from '../../src/project/models/calls/fold.js'
import { callAt } from '../../src/simulator/call-at.js'
import { type CompanyOptions, type Simulation, simulateCompany } from '../../src/simulator/company.js'
import { SCENARIOS } from '../../src/simulator/play-calls.js'
import type { TrueCall } from '../../src/simulator/true-call.js'
import { agentAt } from '../support/agent-at.js'
import { eventsByCall } from '../support/events-by-call.js'
import { expectedCall } from '../support/expected-calls.js'

const START = Date.UTC(2026, 10, 23, 8)
const company = (options: Partial<CompanyOptions> = {}) =>
  simulateCompany({ seed: 1, startAt: START, calls: 20, ...options })
const oneCall = (seed: number): Simulation => company({ seed, calls: 1, messages: 0, contacts: 0, presenceChanges: 0 })
const MANY_SEEDS = Array.from({ length: 2_000 }, (_, seed) => seed)

/** Returns the row that the fold is expected to give at an instant. */
function expectedRow(call: TrueCall, instant: number): Call | null {
  const at = callAt(call, instant)
  return at && expectedCall(at)
}

/** Returns the instants at which something happens in the call, and some between them. */
function instantsOf({ startedAt, endedAt, notifiedAt }: TrueCall): number[] {
  return [
    startedAt - 1,
    ...notifiedAt.flatMap(at => [at - 1, at, at + 1]),
    Math.round((startedAt + endedAt) / 2),
    endedAt
  ]
}

t.test('the same seed gives the same company, and another seed a different one', async t => {
  t.strictSame(company(), company())
  t.not(JSON.stringify(company().notifications), JSON.stringify(company({ seed: 2 }).notifications))
})

t.test('the number of messages does not change the calls of a company', async t => {
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

t.test('classic notifications fold to the ground truth of their call', async t => {
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
      expectedRow(call, call.endedAt),
      `seed ${seed}: ${call.scenario}`
    )
  }
  t.pass()
})

t.test('the ground truth at an instant equals the fold of the notifications until then', async t => {
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
      const delivered = events.filter(event => Date.parse(event.occurredAt) <= instant)
      assert.deepEqual(
        foldCall(delivered),
        expectedRow(call, instant),
        `seed ${seed}: ${call.scenario}, ${instant - call.startedAt} ms after its start`
      )
    }
  }
  t.pass()
})

t.test('the state of a call at its end is the whole call', async t => {
  for (const call of company({ calls: 300 }).truth.calls) {
    const { id: _, scenario: __, withRest: ___, ringingStoppedAt: ____, notifiedAt: _____, ...whole } = call
    assert.deepEqual(callAt(call, call.endedAt), { ...whole, state: 'ended', restEvents: 0 })
    assert.equal(callAt(call, call.startedAt - 1), null)
  }
  t.pass()
})

t.test('an agent is in one call at a time, and has the status that the call implies', async t => {
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

t.test('an idle agent has the last reported presence, and is unknown before the first', async t => {
  const { truth } = company({ calls: 0, presenceChanges: 40, hours: 5 })
  t.ok(truth.presences.length > 10)
  for (const { extension, since, until, presence } of truth.presences) {
    t.equal(agentAt(truth, extension, since).status, presence)
    if (until !== null) t.not(agentAt(truth, extension, until).status, presence)
  }
  for (const { extension } of truth.staff.agents) t.equal(agentAt(truth, extension, START - 1).status, 'unknown')
})
