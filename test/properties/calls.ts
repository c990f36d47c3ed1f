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
import { randomSubset, shuffledWithCopies } from './delivery.js'

const STARTED_AT = Date.UTC(2026, 10, 23, 8)
const ONE_CALL = { startAt: STARTED_AT, calls: 1, messages: 0, contacts: 0, presenceChanges: 0 } satisfies Omit<
  CompanyOptions,
  'seed'
>

/** Simulates one call with its webhooks and REST reports. */
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

/** Classic webhooks fold to the truth in any order of delivery. */
export function classicCall(seed: number): void {
  const { call, webhooks, random } = oneCall(seed, 'classic')
  assert.deepEqual(foldCall(shuffledWithCopies(webhooks, random)), truthOf(call))
}

/** The webhooks of a contact center do as well, apart from the recording that they contain. */
export function contactCenterCall(seed: number): void {
  const { call, webhooks, random } = oneCall(seed, 'contact-center')
  const {
    recordingId: _id,
    recordingLink: _link,
    ...folded
  } = foldCall(shuffledWithCopies(webhooks, random)) ?? assert.fail('no call')
  const { recordingId: __id, recordingLink: __link, ...truth } = truthOf(call)
  assert.deepEqual(folded, truth)
}

/** REST reports refine a call without changing anything else. */
export function callWithRest(seed: number): void {
  const { call, webhooks, reports, random } = oneCall(seed, 'classic')
  const restReports = reports()
  assert.deepEqual(
    foldCall(shuffledWithCopies<FoldedCallEvent>([...webhooks, ...restReports], random)),
    withRestFacts(truthOf(call), call, restReports.length)
  )
}

/**
 * Any subset of the events folds to the same row in any order. With the REST reports the call has ended, with its true
 * outcome.
 */
export function partialCall(seed: number): void {
  const { call, webhooks, reports, random } = oneCall(seed, isClassic(seed) ? 'classic' : 'contact-center')
  const restReports = reports()
  const some = randomSubset<FoldedCallEvent>([...webhooks, ...restReports], random)
  const folded = foldCall(some)
  assert.deepEqual(foldCall(shuffledWithCopies(some, random)), folded)
  const healed = foldCall([...some, ...restReports])
  assert.equal(healed?.state, 'ended')
  if (call.outcome === 'answered') assert.equal(healed.outcome, 'answered')
  if (folded?.state === 'ended')
    assert.equal(healed.endedAt, endOf(folded, some, healed), 'REST does not change the end from a webhook')
  assertConsistent(healed)
}

/**
 * When notifications were lost, the row has no other extensions, parties or times than the truth: what is unknown is
 * null. A leg that was heard counts, and REST completes who answered first.
 */
export function callWithLosses(seed: number): void {
  const { call, webhooks, reports, random } = oneCall(seed, isClassic(seed) ? 'classic' : 'contact-center')
  const received = webhooks.filter(() => random.chance(0.8))
  const folded = foldCall(shuffledWithCopies(received, random))
  assertConsistent(folded)
  const hasLeg = received.some(event => event.extension !== null && Date.parse(event.occurredAt) <= call.endedAt)
  if (folded?.outcome === 'abandoned') assert.ok(!hasLeg, 'a call with a leg was not abandoned')
  const healed = foldCall(shuffledWithCopies<FoldedCallEvent>([...received, ...reports()], random))
  assert.ok(healed)
  assertConsistent(healed)
  const { direction, businessNumber, clientNumber, answeredBy, answeredAt } = healed
  assert.deepEqual(
    { direction, businessNumber, clientNumber, answeredBy },
    {
      direction: call.direction,
      businessNumber: call.businessNumber,
      clientNumber: call.clientNumber,
      answeredBy: call.answeredBy
    }
  )
  // lengths are reported in whole seconds
  if (answeredAt !== null) assert.ok(Math.abs(answeredAt - (call.answeredAt ?? 0)) <= 1_000, 'the answer has its time')
}

/** Time travel: the call at one instant, from the events received by another instant, is the truth. */
export function callAtInstant(seed: number): void {
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
  assert.deepEqual(foldCall(shuffledWithCopies(received, random), { asOf, knownAt }), at && expectedCall(at))
}

function assertConsistent(call: Call | null): void {
  if (!call) return
  assert.equal(call.state === 'ended', call.endedAt !== null)
  assert.equal(call.outcome !== null, call.endedAt !== null)
  assert.ok((call.waitSeconds ?? 0) >= 0 && (call.talkSeconds ?? 0) >= 0)
  for (const leg of call.legs) {
    assert.ok(
      call.endedAt === null || (leg.endedAt !== null && leg.endedAt <= call.endedAt),
      'no leg ends after its call'
    )
    assert.ok((leg.ringingAt ?? 0) <= (leg.connectedAt ?? leg.endedAt ?? Number.POSITIVE_INFINITY))
    assert.ok((leg.connectedAt ?? 0) <= (leg.endedAt ?? Number.POSITIVE_INFINITY))
    assert.equal(leg.result === null, leg.endedAt === null && leg.connectedAt === null)
  }
  const names = call.legs.map(leg => `${leg.extension}#${leg.attempt}`)
  assert.equal(new Set(names).size, names.length, 'each attempt has one row')
}

function truthOf(call: TrueCall): Call {
  const at = callAt(call, call.endedAt)
  assert.ok(at)
  return expectedCall(at)
}

/** When only REST has ended the call, a later webhook may change its end. */
function endOf(folded: Call, events: readonly FoldedCallEvent[], healed: Call): number | null {
  return events.some(event => event.type === 'call.reported') ? healed.endedAt : folded.endedAt
}

const isClassic = (seed: number): boolean => createRandom(seed, 98).chance(0.5)
