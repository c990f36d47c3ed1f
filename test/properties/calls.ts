import assert from 'node:assert/strict'
import type { CallReported } from '../../src/events/call.js'
import type { FoldedCallEvent } from '../../src/project/models/calls/facts.js'
import { type Call, foldCall } from '../../src/project/models/calls/fold.js'
import { callAt } from '../../src/simulator/call-at.js'
import { type CompanyOptions, simulateCompany } from '../../src/simulator/company.js'
import { createRandom } from '../../src/simulator/random.js'
import type { TrueCall } from '../../src/simulator/true-call.js'
import { eventsByCall } from '../support/events-by-call.js'
import { expectedCall, withRestFacts } from '../support/expected-calls.js'
import { delivered, someOf } from './delivery.js'

const STARTED_AT = Date.UTC(2026, 10, 23, 8)
const ONE_CALL = { startAt: STARTED_AT, calls: 1, messages: 0, contacts: 0, presenceChanges: 0 } satisfies Omit<
  CompanyOptions,
  'seed'
>

/** One call of a company, with all that is told of it. */
function oneCall(seed: number, family: 'classic' | 'contact-center') {
  const simulation = simulateCompany({ ...ONE_CALL, seed, family })
  const [call] = simulation.truth.calls
  assert.ok(call)
  return {
    call,
    webhooks: eventsByCall(simulation.notifications).get(call.id) ?? [],
    reports: () => simulation.facts.filter((fact): fact is CallReported => fact.type === 'call.reported'),
    random: createRandom(seed, 99)
  }
}

/** Classic webhooks tell the truth of a call, however they come. */
export function classicCall(seed: number): void {
  const { call, webhooks, random } = oneCall(seed, 'classic')
  assert.deepEqual(foldCall(delivered(webhooks, random)), truthOf(call))
}

/** So do those of a contact center, besides the recording that they tell of too. */
export function contactCenterCall(seed: number): void {
  const { call, webhooks, random } = oneCall(seed, 'contact-center')
  const {
    recordingId: _id,
    recordingLink: _link,
    ...folded
  } = foldCall(delivered(webhooks, random)) ?? assert.fail('no call')
  const { recordingId: __id, recordingLink: __link, ...truth } = truthOf(call)
  assert.deepEqual(folded, truth)
}

/** REST refines what webhooks tell, and changes nothing else. */
export function callWithRest(seed: number): void {
  const { call, webhooks, reports, random } = oneCall(seed, 'classic')
  const told = reports()
  assert.deepEqual(
    foldCall(delivered<FoldedCallEvent>([...webhooks, ...told], random)),
    withRestFacts(truthOf(call), call, told.length)
  )
}

/**
 * Whatever part of it has come, in whatever order, the row is the same; with REST's word the call has ended, when and
 * how it did.
 */
export function partOfCall(seed: number): void {
  const { call, webhooks, reports, random } = oneCall(seed, random0(seed) ? 'classic' : 'contact-center')
  const told = reports()
  const some = someOf<FoldedCallEvent>([...webhooks, ...told], random)
  const folded = foldCall(some)
  assert.deepEqual(foldCall(delivered(some, random)), folded)
  const healed = foldCall([...some, ...told])
  assert.equal(healed?.state, 'ended')
  if (call.outcome === 'answered') assert.equal(healed.outcome, 'answered')
  if (folded?.state === 'ended')
    assert.equal(healed.endedAt, endOf(folded, some, healed), 'REST moves no end that a webhook told')
  refuseNonsense(healed)
}

/** Time travel: what was received by an instant, as of another. */
export function cutCall(seed: number): void {
  const { call, webhooks, random } = oneCall(seed, 'classic')
  const delay = random.int(0, 5_000)
  const received = webhooks.map(event => ({
    ...event,
    receivedAt: new Date(Date.parse(event.occurredAt) + delay).toISOString()
  }))
  const [asOf, knownAt] = [
    random.int(call.startedAt - 2_000, call.endedAt + 2_000),
    random.int(call.startedAt - 2_000, call.endedAt + 7_000)
  ]
  const at = callAt(call, Math.min(asOf, knownAt - delay))
  assert.deepEqual(foldCall(delivered(received, random), { asOf, knownAt }), at && expectedCall(at))
}

function refuseNonsense(call: Call | null): void {
  if (!call) return
  assert.equal(call.state === 'ended', call.endedAt !== null)
  assert.equal(call.outcome !== null, call.endedAt !== null)
  assert.ok((call.waitSeconds ?? 0) >= 0 && (call.talkSeconds ?? 0) >= 0)
  for (const leg of call.legs) {
    assert.ok(
      call.endedAt === null || (leg.endedAt !== null && leg.endedAt <= call.endedAt),
      'no leg outlives its call'
    )
    assert.ok((leg.ringingAt ?? 0) <= (leg.connectedAt ?? leg.endedAt ?? Number.POSITIVE_INFINITY))
    assert.ok((leg.connectedAt ?? 0) <= (leg.endedAt ?? Number.POSITIVE_INFINITY))
    assert.equal(leg.result === null, leg.endedAt === null && leg.connectedAt === null)
  }
  const names = call.legs.map(leg => `${leg.extension}#${leg.attempt}`)
  assert.equal(new Set(names).size, names.length, 'an attempt has one row')
}

function truthOf(call: TrueCall): Call {
  const at = callAt(call, call.endedAt)
  assert.ok(at)
  return expectedCall(at)
}

/** Where REST alone had closed it, a later webhook may. */
function endOf(folded: Call, events: readonly FoldedCallEvent[], healed: Call): number | null {
  return events.some(event => event.type === 'call.reported') ? healed.endedAt : folded.endedAt
}

const random0 = (seed: number): boolean => createRandom(seed, 98).chance(0.5)
