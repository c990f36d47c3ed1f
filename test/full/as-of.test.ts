import assert from 'node:assert/strict'
import t from 'tap'
import { type CallShape, toCall } from '../../src/api/calls/schema.js'
import { createTimeTravel } from '../../src/project/time-travel.js'
import { callAt } from '../../src/simulator/call-at.js'
import type { Notation } from '../../src/simulator/call-script.js'
import { createRandom, type Random } from '../../src/simulator/random.js'
import type { TrueCall } from '../../src/simulator/true-call.js'
import { COMPANY_START } from '../support/company.js'
import { deliveredCompany, shuffledWithDuplicates } from '../support/delivered-company.js'
import { projector } from '../support/projection.js'
import { queryApi } from '../support/query-api.js'

const HOUR = 3_600_000
const DELAY = 7_000

/** The call as the API must show it: at that instant, by its truth alone. */
function shown(call: TrueCall, instant: number, seenFrom: number): CallShape | null {
  const then = callAt(call, instant)
  if (!then) return null
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())
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
    answeredAt: iso(answeredAt),
    endedAt: iso(endedAt),
    stale: endedAt === null && seenFrom - lastEventAt > 4 * HOUR,
    recording: null,
    legs: legs.map(({ ringingAt, connectedAt, endedAt: end, ...leg }) => ({
      ...leg,
      ringingAt: iso(ringingAt),
      connectedAt: iso(connectedAt),
      endedAt: iso(end),
      result: connectedAt !== null ? 'answered' : end === null ? null : 'unanswered'
    })),
    callback: null,
    sources: { webhook: webhookEvents, rest: restEvents }
  }
}

/** The end of a call tells a contact center of its recording; a callback is told as to a classic account. */
function recordingTold(
  { direction, endedAt, withRest: { recordingId, recordingLink } }: TrueCall,
  instant: number
): CallShape['recording'] {
  return direction !== 'callback' && endedAt <= instant && recordingLink !== null ? { id: recordingId } : null
}

/** An instant of the company's time: half of them within a call, where something happens. */
function anyInstant(random: Random, calls: readonly TrueCall[]): number {
  const { startedAt, notifiedAt } = random.pick(calls)
  return random.chance(0.5) ? startedAt + random.int(-1_000, 15 * 60_000) : random.pick(notifiedAt) + random.int(-1, 1)
}

/** A company's calls, delivered late, in disorder and with doubles, and in the database. */
async function projectedCompany(t: Parameters<typeof projector>[0], seed: number, family: Notation = 'classic') {
  const company = deliveredCompany({ seed, calls: 200, hours: 6, family }, DELAY)
  const { pool, project } = await projector(t)
  await project(shuffledWithDuplicates(company.webhookEvents, seed))
  return { ...company, pool, random: createRandom(seed, 77) }
}

for (const family of ['classic', 'contact-center'] as const) {
  t.test(`at 1,000 instants a call is what had been received of what had happened: ${family}`, async t => {
    const {
      truth: { calls },
      pool,
      random
    } = await projectedCompany(t, 1, family)
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
        const expected = shown(call, knownUntil, asOf)
        const recording = family === 'contact-center' ? recordingTold(call, knownUntil) : null
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

t.test('either instant alone cuts, and a call that had not begun is not found', async t => {
  const {
    truth: { calls },
    pool,
    random
  } = await projectedCompany(t, 2)
  const { get } = await queryApi(t, pool, () => new Date(COMPANY_START + 100 * HOUR))
  for (let i = 0; i < 100; i++) {
    const call = random.pick(calls)
    const instant = random.pick(call.notifiedAt) + random.int(-1, 1)
    for (const [name, at] of [
      ['asOf', instant],
      ['knownAt', instant + DELAY]
    ] as const) {
      const answer = await get(`/v1/calls/${call.id}?${name}=${new Date(at).toISOString()}`)
      const expected = shown(call, instant, at)
      assert.equal(answer.statusCode, expected ? 200 : 404)
      if (expected) assert.deepEqual(answer.json(), expected, `${name}, seed 2, ${call.id}`)
    }
  }
  t.pass()
})

t.test('what REST told later refines the call, and moves nothing in time', async t => {
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
      const expected = shown(call, instant, instant)
      assert.ok(then && expected)
      const client =
        call.clientNumber === null && clientName === null ? null : { number: call.clientNumber, name: clientName }
      const refined = {
        ...expected,
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

t.test('a list at an instant holds every call that had begun, in order, page by page', async t => {
  const {
    truth: { calls },
    pool,
    random
  } = await projectedCompany(t, 3)
  const { get } = await queryApi(t, pool, () => new Date(COMPANY_START + 100 * HOUR))
  const list = async (query: string) => {
    const found: CallShape[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { data: CallShape[]; nextCursor: string | null } = (
        await get(`/v1/calls?${query}${cursor && `&cursor=${cursor}`}`)
      ).json()
      found.push(...page.data)
      cursor = page.nextCursor
    }
    return found
  }
  for (let i = 0; i < 15; i++) {
    const instant = anyInstant(random, calls)
    const then = calls.flatMap(call => shown(call, instant, instant) ?? [])
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
