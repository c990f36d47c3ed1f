import t from 'tap'
import { createRandom } from '../../src/simulator/random.js'
import { at } from '../support/facts.js'
import { START } from '../support/history.js'
import { overlappingCalls, OVERLAPPING_SECONDS as SECONDS } from '../support/overlapping-calls.js'
import { projector } from '../support/projection.js'
import { queryApi } from '../support/query-api.js'
import { recountStatus, statusRows } from '../support/recount-status.js'

interface Agent {
  extension: string
  status: string
  since: string | null
  evidence: string | null
  calls: string[]
}

for (const seed of [2, 3]) {
  t.test(`the status and its start are those of the definition when calls overlap, seed ${seed}`, async t => {
    const random = createRandom(seed, 81)
    const { pool, project } = await projector(t)
    const events = overlappingCalls(random)
    const moments = Array.from({ length: 10 }, () => random.int(600, SECONDS))
    await project([
      ...events.map(event => ({ ...event, account: 'past' })),
      ...moments.flatMap((moment, i) =>
        events.filter(event => event.occurredAt <= at(moment)).map(event => ({ ...event, account: `now-${i}` }))
      )
    ])
    let clock = START
    const { get } = await queryApi(t, pool, () => new Date(clock))
    const seen = new Set<string>()
    let inferred = 0
    const check = async (account: string, instant: number, asOf: string) => {
      const rows = await statusRows(pool, account)
      const { data } = (await get(`/v1/agents?account=${account}${asOf}`)).json<{ data: Agent[] }>()
      for (const { extension, status, since, evidence, calls } of data) {
        const expected = recountStatus(rows, { extension, instant })
        const message = `${account} ${extension} at ${(instant - START) / 1000} s`
        t.strictSame(
          { status, since: since && Date.parse(since), calls: [...calls].sort() },
          { status: expected.status, since: expected.since, calls: expected.calls },
          message
        )
        const isIdle = !['on_call', 'dialing', 'ringing'].includes(status)
        if (expected.isInferred && isIdle) t.equal(evidence, 'inferred', message)
        if (expected.isInferred) inferred++
        seen.add(status)
      }
    }
    for (const [i, moment] of moments.entries()) {
      clock = START + moment * 1000
      await check(`now-${i}`, clock, '')
    }
    clock = START + 3 * 86_400_000
    for (let i = 0; i < 100; i++) {
      const moment = random.int(0, SECONDS)
      await check('past', START + moment * 1000, `&asOf=${at(moment)}`)
    }
    t.ok(inferred > 10, 'legs were superseded')
    t.ok(['on_call', 'dialing', 'ringing', 'available', 'dnd'].every(status => seen.has(status)))
  })
}
