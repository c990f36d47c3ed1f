import assert from 'node:assert/strict'
import t from 'tap'
import { type CallShape, toCall } from '../../src/api/calls/schema.js'
import { HOUR_MS } from '../../src/lib/instant.js'
import { createTimeTravel } from '../../src/project/time-travel.js'
import { callAt } from '../../src/simulator/call-at.js'
import type { Notation } from '../../src/simulator/call-script.js'
import { createRandom, type Random } from '../../src/simulator/random.js'
import type { TrueCall } from '../../src/simulator/true-call.js'
import { allPages } from '../support/all-pages.js'
import { COMPANY_START } from '../support/company.js'
import { deliveredCompany, shuffledWithDuplicates } from '../support/delivered-company.js'
import { projector } from '../support/projection.js'
import { queryApi } from '../support/query-api.js'

const DELAY = 7_000

/** Returns the call as the API must show it at an instant, derived from the ground truth. */
function expectedShape(call: TrueCall, instant: number, seenFrom: number): CallShape | null {
  const then = callAt(call, instant)
  if (!then) return null
  const toIso = (at: number | null) => (at === null ? null : new Date(at).toISOString())
  const {
    clientNumber,
    clientName,
    lastEventAt,
    webhookEvents,
    restEvents,
    startedAt,
    answeredAt,
    endedAt,
    legs,
    ...rest
  } = then
  return {
    account: 'default',
    id: call.id,
    ...rest,
    client: clientNumber === null && clientName === null ? null : { number: clientNumber, name: clientName },
    startedAt: new Date(startedAt).toISOString(),
    answeredAt: toIso(answeredAt),
    endedAt: toIso(endedAt),
    currentExtensions: legs
      .filter(leg => leg.connectedAt !== null && leg.endedAt === null)
      .sort((a, b) => (a.connectedAt ?? 0) - (b.connectedAt ?? 0) || (a.extension < b.extension ? -1 : 1))
      .map(leg => leg.extension),
    stale: endedAt === null && seenFrom - lastEventAt > 4 * HOUR_MS,
    recording: null,
    legs: legs.map(({ ringingAt, connectedAt, endedAt: end, ...leg }) => ({
      ...leg,
      ringingAt: toIso(ringingAt),
      connectedAt: toIso(connectedAt),
      endedAt: toIso(end),
      result: connectedAt !== null ? 'answered' : end === null ? null : 'unanswered'
    })),
    callback: null,
    sources: { webhook: webhookEvents, rest: restEvents }
  }
}

/** Returns the recording that the completion webhook of a contact center contains; callbacks have none. */
function expectedRecording(
  { direction, endedAt, withRest: { recordingId, recordingLink } }: TrueCall,
  instant: number
): CallShape['recording'] {
  return direction !== 'callback' && endedAt <= instant && recordingLink !== null ? { id: recordingId } : null
}

/** Returns a random instant: around the start of a call, or around one of its webhooks. */
function anyInstant(random: Random, calls: readonly TrueCall[]): number {
  const { startedAt, notifiedAt } = random.pick(calls)
  return random.chance(0.5) ? startedAt + random.int(-1_000, 15 * 60_000) : random.pick(notifiedAt) + random.int(-1, 1)
}

/** Projects the calls of a company, delivered late, shuffled and with duplicates. */
async function projectShuffledCompany(t: Parameters<typeof projector>[0], seed: number, family: Notation = 'classic') {
  const company = deliveredCompany({ seed, calls: 200, hours: 6, family }, DELAY)
  const { pool, project } = await projector(t)
  await project(shuffledWithDuplicates(company.webhookEvents, seed))
  return { ...company, pool, random: createRandom(seed, 77) }
}

for (const family of ['classic', 'contact-center'] as const) {
  t.test(`at 1,000 instants calls follow from what had happened and had been received: ${family}`, async t => {
    const {
      truth: { calls },
      pool,
      random
    } = await projectShuffledCompany(t, 1, family)
    const timeTravel = createTimeTravel(pool)
    let states = 0
    for (let i = 0; i < 1_000; i++) {
      const asOf = anyInstant(random, calls)
      const knownAt = asOf + random.int(-60_000, 60_000)
      const near = calls.filter(call => Math.abs(call.startedAt - asOf) < 10 * 60_000)
      const then = await timeTravel.callsAt(
        near.map(({ id }) => ({ account: 'default', callId: id })),
        { asOf: new Date(asOf), knownAt: new Date(knownAt) }
      )
      for (const [n, call] of near.entries()) {
        const found = then[n]
        const knownUntil = Math.min(asOf, knownAt - DELAY)
        const expected = expectedShape(call, knownUntil, asOf)
        const recording = family === 'contact-center' ? expectedRecording(call, knownUntil) : null
        assert.deepEqual(
          found ? toCall(found.row, found.legs, new Date(asOf)) : null,
          expected && { ...expected, recording },
          `seed 1, ${call.id} ${call.scenario}: ${knownUntil - call.startedAt} ms after its start`
        )
        states++
      }
    }
    t.ok(states > 4_000, `${states} states`)
  })
}

t.test('each instant limits the events by itself, and a call that had not started is not found', async t => {
  const {
    truth: { calls },
    pool,
    random
  } = await projectShuffledCompany(t, 2)
  const { get } = await queryApi(t, pool, () => new Date(COMPANY_START + 100 * HOUR_MS))
  for (let i = 0; i < 100; i++) {
    const call = random.pick(calls)
    const instant = random.pick(call.notifiedAt) + random.int(-1, 1)
    for (const [name, at] of [
      ['asOf', instant],
      ['knownAt', instant + DELAY]
    ] as const) {
      const answer = await get(`/v1/calls/${call.id}?${name}=${new Date(at).toISOString()}`)
      const expected = expectedShape(call, instant, at)
      assert.equal(answer.statusCode, expected ? 200 : 404)
      if (expected) assert.deepEqual(answer.json(), expected, `${name}, seed 2, ${call.id}`)
    }
  }
  t.pass()
})

t.test('later REST facts refine a call without changing its times', async t => {
  const {
    truth: { calls },
    webhookEvents,
    restFacts
  } = deliveredCompany({ seed: 4, calls: 60 }, DELAY)
  const { pool, project } = await projector(t)
  await project(shuffledWithDuplicates([...webhookEvents, ...restFacts], 4))
  const timeTravel = createTimeTravel(pool)
  for (const call of calls) {
    const { outcome, clientName, recordingId, recordingLink } = call.withRest
    for (const instant of call.notifiedAt) {
      const [then] = await timeTravel.callsAt([{ account: 'default', callId: call.id }], { asOf: new Date(instant) })
      const expected = expectedShape(call, instant, instant)
      assert.ok(then && expected)
      const client =
        call.clientNumber === null && clientName === null ? null : { number: call.clientNumber, name: clientName }
      const refined = {
        ...expected,
        direction: call.direction, // REST knows who was called before the phone rings
        outcome: expected.endedAt && outcome,
        client,
        recording: recordingLink === null ? null : { id: recordingId }
      }
      assert.deepEqual(
        { ...toCall(then.row, then.legs, new Date(instant)), sources: null },
        { ...refined, sources: null },
        `seed 4, ${call.id} ${call.scenario}`
      )
    }
  }
  t.pass()
})

t.test('a list at an instant contains every call that had started, in order and over all pages', async t => {
  const {
    truth: { calls },
    pool,
    random
  } = await projectShuffledCompany(t, 3)
  const { get } = await queryApi(t, pool, () => new Date(COMPANY_START + 100 * HOUR_MS))
  const list = (query: string) => allPages<CallShape>(get, '/v1/calls', `?${query}`)
  for (let i = 0; i < 15; i++) {
    const instant = anyInstant(random, calls)
    const then = calls.flatMap(call => expectedShape(call, instant, instant) ?? [])
    const asOf = `asOf=${new Date(instant).toISOString()}&sort=startedAt`
    const { extension } = random.pick(calls.flatMap(call => call.legs))
    assert.deepEqual(await list(`${asOf}&limit=${random.int(10, 500)}`), then)
    assert.deepEqual(
      await list(`${asOf}&state=ringing&state=connected&state=waiting`),
      then.filter(call => call.state !== 'ended')
    )
    assert.deepEqual(
      await list(`${asOf}&outcome=missed&limit=7`),
      then.filter(call => call.outcome === 'missed')
    )
    assert.deepEqual(
      await list(`${asOf}&extension=${extension}`),
      then.filter(call => call.legs.some(leg => leg.extension === extension))
    )
    assert.deepEqual(
      await list(`${asOf}&direction=internal&direction=callback`),
      then.filter(call => call.direction === 'internal' || call.direction === 'callback')
    )
  }
  t.pass()
})
