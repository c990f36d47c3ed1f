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

const BUSY: Partial<CompanyOptions> = { calls: 300, hours: 96, messages: 200, presenceChanges: 0 }
const MINUTE_MS = 60_000

t.test('calls last up to three hours when the company has long ones', async t => {
  const minutesOf = (options: Partial<CompanyOptions>) =>
    company({ ...BUSY, ...options }).truth.calls.map(call => (call.endedAt - call.startedAt) / MINUTE_MS)
  t.notOk(minutesOf({}).some(minutes => minutes > 90))
  const long = minutesOf({ longCalls: 0.1 }).filter(minutes => minutes > 90)
  t.ok(long.length > 5, `${long.length} calls of more than 90 minutes`)
  t.ok(Math.max(...long) <= 180)
})

t.test('a redial is a second call of the same client within 5 s, after one that was dropped', async t => {
  const { calls } = company({ ...BUSY, redials: 0.2 }).truth
  const first = calls.filter(({ scenario }) => scenario === 'hung up')
  t.ok(first.length > 20)
  for (const { startedAt, endedAt, businessNumber, clientNumber, withRest } of first) {
    t.equal(withRest.outcome, 'dropped')
    const again = calls.filter(
      call =>
        call.startedAt > endedAt &&
        call.startedAt - startedAt < 5_000 &&
        call.businessNumber === businessNumber &&
        call.clientNumber === clientNumber
    )
    t.equal(again.length, 1)
  }
  t.strictSame(
    calls,
    [...calls].sort((a, b) => a.startedAt - b.startedAt)
  )
})

t.test('flags can be set days later, but not after the period of the company', async t => {
  const { facts, truth } = company({ ...BUSY, readWithinDays: 3 })
  const sentAt = new Map<string, number>([
    ...truth.messages.map(message => [message.messageId, message.sentAt] as const),
    ...truth.voicemails.map(voicemail => [voicemail.voicemailId, voicemail.leftAt] as const)
  ])
  const reads = facts.flatMap(fact => {
    if (fact.type === 'message.reported' && fact.direction === 'inbound' && fact.read && !fact.removedAt)
      return [[Date.parse(fact.occurredAt), sentAt.get(fact.messageId) ?? 0] as const]
    if (fact.type === 'voicemail.reported' && fact.route === 'voicemails' && fact.read && !fact.removedAt)
      return [[Date.parse(fact.occurredAt), sentAt.get(fact.voicemailId) ?? 0] as const]
    return []
  })
  t.ok(reads.some(([readAt, at]) => readAt - at > 2 * 24 * 60 * MINUTE_MS))
  const endedAt = START + 96 * 60 * MINUTE_MS
  t.notOk(reads.some(([readAt, at]) => readAt > Math.max(endedAt, at) + 60 * MINUTE_MS))
})

t.test('calls in the format of the other kind of account have durations, and fold to the ground truth', async t => {
  const { truth, notifications } = company({ ...BUSY, otherNotation: 0.3, longCalls: 0.1, redials: 0.1 })
  t.ok(notifications.some(({ body }) => 'CallDuration' in body || 'callDuration' in body))
  const events = eventsByCall(notifications)
  for (const call of truth.calls) {
    const recording = { recordingId: null, recordingLink: null } // only one of the formats has it
    const row = foldCall(events.get(call.id) ?? [])
    assert.deepEqual({ ...row, ...recording }, { ...expectedRow(call, call.endedAt), ...recording }, call.scenario)
  }
})

t.test('a past adds calls in the working hours before the start', async t => {
  const past = { days: 14, calls: 200 }
  const { truth, notifications } = company({ past })
  const before = truth.calls.filter(call => call.startedAt < START)
  t.equal(before.length, 200)
  t.equal(truth.calls.length, 220)
  for (const { startedAt } of before) {
    const at = new Date(startedAt)
    t.ok(at.getUTCHours() >= 8 && at.getUTCHours() < 18 && ![0, 6].includes(at.getUTCDay()), at.toISOString())
    t.ok(startedAt >= START - 14 * 86_400_000)
  }
  t.strictSame(
    company({ past: { days: 0, calls: 0 } }).notifications,
    company().notifications,
    'a company without a past is the same as before'
  )
  t.ok(notifications.length > 0)
})

t.test('a staffed company answers more than three quarters of its inbound calls, whatever the seed', async t => {
  for (const seed of MANY_SEEDS.slice(0, 20)) {
    const { truth } = company({ seed, calls: 400, hours: 8, isStaffed: true, presenceChanges: 24 })
    const inbound = truth.calls.filter(call => call.direction === 'inbound')
    const answered = inbound.filter(call => call.outcome === 'answered')
    t.ok(answered.length / inbound.length > 0.75, `seed ${seed}: ${answered.length} of ${inbound.length}`)
  }
})
