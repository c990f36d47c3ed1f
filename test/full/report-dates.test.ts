import type pg from 'pg'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createChangeSettings } from '../../src/accounts/change-settings.js'
import { createRuntimeSettings, pollSettings } from '../../src/accounts/runtime-settings.js'
import { rebuild } from '../../src/project/rebuild/rebuild.js'
import { redateAll, startRedate } from '../../src/project/refold/report-dates.js'
import { projectedCompany } from '../support/company.js'
import { eventually } from '../support/eventually.js'
import { SETTINGS } from '../support/settings.js'

const logger = pino({ level: 'silent' })
const inZone = (timeZone: string) => ({ ...SETTINGS, timeZoneOf: () => timeZone })

/** The number of rows, including reports, that differ from what their events make. */
async function differences(pool: pg.Pool, timeZone: string): Promise<number> {
  return (await rebuild({ pool, settings: inZone(timeZone), now: () => new Date(), dryRun: true })).differences
}

async function company(t: Test) {
  return (await projectedCompany(t, { calls: 200, hours: 48 })).pool
}

t.test('after a change of the time zone the reports equal a recount, also after changing it back', async t => {
  const pool = await company(t)
  for (const zone of ['Pacific/Auckland', 'America/Los_Angeles', 'UTC']) {
    t.not(await differences(pool, zone), 0, `${zone}: rows count for other days`)
    const { entities, failures } = await redateAll({ pool, settings: inZone(zone) })
    t.ok(entities > 20, `${entities} were folded again`)
    t.strictSame(failures, [])
    t.equal(await differences(pool, zone), 0)
    t.equal((await redateAll({ pool, settings: inZone(zone) })).entities, 0, 'no entity is left')
  }
})

t.test('a setting changed by another process moves the reports within seconds', async t => {
  const pool = await company(t)
  const settings = createRuntimeSettings(SETTINGS, pool)
  const polling = pollSettings(settings, logger, 20)
  const redate = startRedate({ pool, settings, logger })
  t.teardown(() => Promise.all([polling.close(), redate.close()]))
  await createChangeSettings(
    pool,
    () => new Date()
  )({ account: 'default', values: { timeZone: 'Asia/Tokyo' }, reset: [], by: 'somebody' })
  await eventually('the reports use days in Tokyo', async () => (await differences(pool, 'Asia/Tokyo')) === 0)
  await createChangeSettings(
    pool,
    () => new Date()
  )({ account: 'default', values: {}, reset: ['timeZone'], by: 'somebody' })
  await eventually('the reports use days in UTC again', async () => (await differences(pool, 'UTC')) === 0)
})

t.test('a change of the threshold for dropped calls moves calls between dropped and missed', async t => {
  const pool = await company(t)
  const sums = async () =>
    (await pool.query('select sum(dropped)::int as dropped, sum(inbound)::int as inbound from mightycall_reports'))
      .rows[0]
  const before = await sums()
  for (const seconds of [30, 0, 4]) {
    const settings = { ...SETTINGS, droppedUnderSecondsOf: () => seconds }
    t.ok((await redateAll({ pool, settings })).entities > 0, `${seconds} s`)
    const { differences } = await rebuild({ pool, settings, now: () => new Date(), dryRun: true })
    t.equal(differences, 0, `${seconds} s: the reports equal a recount`)
    t.equal((await redateAll({ pool, settings })).entities, 0, 'no entity is left')
    const after = await sums()
    t.equal(after.inbound + after.dropped, before.inbound + before.dropped)
    if (seconds === 30) t.ok(after.dropped > before.dropped)
    if (seconds === 0) t.equal(after.dropped, 0)
  }
  t.strictSame(await sums(), before)
})

t.test('a change of the configuration is detected at the start', async t => {
  const pool = await company(t)
  const redate = startRedate({ pool, settings: inZone('Asia/Tokyo'), logger })
  t.teardown(redate.close)
  await eventually('the reports use days in Tokyo', async () => (await differences(pool, 'Asia/Tokyo')) === 0)
})

t.test('redating waits for rows that a batch has locked', async t => {
  const pool = await company(t)
  const client = await pool.connect()
  await client.query('begin')
  await client.query("select from entities where kind = 'call' for update")
  const redating = redateAll({ pool, settings: inZone('Asia/Tokyo') })
  await eventually('it waits', async () => (await pool.query('select from pg_locks where not granted')).rowCount !== 0)
  await client.query('commit')
  client.release()
  t.ok((await redating).entities > 0)
  t.equal(await differences(pool, 'Asia/Tokyo'), 0)
})
