import t from 'tap'
import type { Event } from '../../src/events/event.js'
import { rebuild } from '../../src/project/rebuild/rebuild.js'
import { simulateCompany } from '../../src/simulator/company.js'
import { createRandom } from '../../src/simulator/random.js'
import { COMPANY_START, eventsOf, projectorOf } from '../support/company.js'
import { freshDatabase } from '../support/database.js'
import { roundsOf } from '../support/seeds.js'
import { SETTINGS } from '../support/settings.js'

const ROUNDS = Number(process.env.ROUNDS ?? roundsOf(150, 2_000))

// The events of a call are in two partitions with separate projectors, as after a change of the partition count.
t.test(`two projectors of the same entities and a concurrent rebuild lose no update in ${ROUNDS} rounds`, async t => {
  const { pool } = await freshDatabase(t)
  const random = createRandom(1, 1)
  const halves = [projectorOf(pool, { partition: 0, batchSize: 8 }), projectorOf(pool, { partition: 1, batchSize: 8 })]
  const rebuilding = { ends: false }
  const rebuilds = (async () => {
    let count = 0
    for (; !rebuilding.ends; count++)
      await rebuild({ pool, settings: SETTINGS, now: () => new Date(), dryRun: false, chunkSize: 100 })
    return count
  })()
  const expected = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const events = random.shuffled(
      eventsOf(
        simulateCompany({
          seed: round,
          startAt: COMPANY_START + round * 60_000,
          calls: 1,
          messages: 0,
          contacts: 0,
          presenceChanges: 0,
          account: `round-${round % 50}`
        })
      ).filter(isOfCall)
    )
    for (const event of events) expected.add(`${event.account} ${event.id}`)
    await Promise.all(halves.map((project, half) => project(events.filter((_, i) => i % 2 === half))))
  }
  rebuilding.ends = true
  t.ok((await rebuilds) > 0, 'a rebuild was running meanwhile')
  const {
    rows: [row]
  } = await pool.query<{ events: number; counted: number }>(
    `select (select count(*)::int from events) as events,
       (select sum(webhook_events + rest_events)::int from call_history) as counted`
  )
  t.equal(row?.events, expected.size, 'each event is stored once')
  t.equal(row?.counted, expected.size, 'each event is counted in its row')
  const { differences } = await rebuild({ pool, settings: SETTINGS, now: () => new Date(), dryRun: true })
  t.equal(differences, 0, 'every row and every sum follows from the events')
})

const isOfCall = ({ type }: Event): boolean => type.startsWith('call.')
