import type pg from 'pg'
import t, { type Test } from 'tap'
import type { CallEvent } from '../../../src/events/call.js'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { rebuild } from '../../../src/project/rebuild/rebuild.js'
import { detectGaps } from '../../../src/reconcile/gaps/detect.js'
import { COMPANY_START, projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { LONG_AFTER, lossyCompany, projectedLossyCompany } from '../../support/lossy-company.js'
import { SETTINGS } from '../../support/settings.js'

const SINCE = new Date(COMPANY_START)
const detect = (pool: pg.Pool, now = LONG_AFTER) => detectGaps(pool, { account: 'default', now, since: SINCE })

interface Row {
  kind: string
  entity: string
  missing: string
  detected_at: Date
  healed_at: Date | null
  healed_by: string | null
  business_number: string | null
  hour: Date
}
const rowsOf = async (pool: pg.Pool) => (await pool.query<Row>('select * from gaps order by kind, entity')).rows

/** Projects the default company once for several tests. Each of them begins without gaps, and leaves the rest as is. */
async function projectOnce(t: Test) {
  const { pool, missing } = await projectedLossyCompany(t)
  return async () => {
    await pool.query('delete from gaps')
    return { pool, missing }
  }
}
const withoutGaps = await projectOnce(t)

for (const family of ['classic', 'contact-center'] as const) {
  t.test(
    `a ${family} call that lost webhooks has one gap of the right kind, healed by REST, and no other has one`,
    async t => {
      const { pool, missing, truth } = await projectedLossyCompany(t, { family, calls: 300 })
      t.match(await detect(pool), { detected: missing.size, healed: missing.size })
      const rows = await rowsOf(pool)
      t.strictSame(
        Object.fromEntries(rows.map(({ entity, missing }) => [entity, missing])),
        Object.fromEntries([...missing].sort(([a], [b]) => (a < b ? -1 : 1)))
      )
      const calls = new Map(truth.calls.map(call => [call.id, call]))
      for (const row of rows) {
        const call = calls.get(row.entity)
        t.match(row, { kind: 'call', healed_by: 'rest', business_number: call?.businessNumber })
        t.equal(row.hour.getTime(), Math.floor((call?.startedAt ?? 0) / 3_600_000) * 3_600_000)
        t.ok(row.healed_at && row.healed_at >= row.detected_at)
      }
    }
  )
}

t.test('a repeated or concurrent detection changes nothing, and a rebuild does not change the gaps', async t => {
  const { pool, missing } = await withoutGaps()
  const both = await Promise.all([detect(pool), detect(pool)])
  t.equal(
    both.reduce((sum, { detected }) => sum + detected, 0),
    missing.size,
    'each gap is detected once'
  )
  const before = await rowsOf(pool)
  t.strictSame(await detect(pool), { detected: 0, healed: 0 })
  t.strictSame(await detect(pool, new Date(LONG_AFTER.getTime() + 1)), { detected: 0, healed: 0 })
  await rebuild({ pool, settings: SETTINGS, now: () => LONG_AFTER, dryRun: false })
  t.strictSame(await rowsOf(pool), before)
})

t.test('hourly detections, each from the end of the last one, find the same gaps as one detection', async t => {
  const { pool, missing } = await withoutGaps()
  for (let at = COMPANY_START; at < COMPANY_START + 20 * HOUR_MS; at += HOUR_MS)
    await detectGaps(pool, { account: 'default', now: new Date(at + HOUR_MS), since: new Date(at) })
  t.strictSame(
    new Map((await rowsOf(pool)).map(({ entity, missing }) => [entity, missing])),
    new Map([...missing].sort(([a], [b]) => (a < b ? -1 : 1)))
  )
})

t.test('nothing is missing before webhooks are due', async t => {
  const { pool } = await withoutGaps()
  t.strictSame(await detect(pool, new Date(COMPANY_START)), { detected: 0, healed: 0 })
})

t.test('a call without a reported end is an open gap until REST or a late webhook reports the end', async t => {
  const { pool } = await freshDatabase(t)
  const { delivered, lost, restFacts, missing } = lossyCompany()
  const project = projectorOf(pool)
  await project(delivered)
  const unended = [...missing]
    .filter(([, what]) => what === 'completion')
    .map(([call]) => call)
    .sort()
  t.match(await detect(pool), { detected: unended.length, healed: 0 })
  t.strictSame(
    (await rowsOf(pool)).map(({ entity }) => entity),
    unended
  )

  const late = (lost as CallEvent[])
    .filter(event => event.callId === unended[0] && event.type === 'call.completed')
    .map(event => ({ ...event, receivedAt: LONG_AFTER.toISOString() }))
  await project(late)
  t.match(await detect(pool), { detected: 0, healed: 1 })
  t.match((await rowsOf(pool))[0], { healed_by: 'webhook', healed_at: LONG_AFTER })

  await project(restFacts.map(fact => ({ ...fact, receivedAt: LONG_AFTER.toISOString() })))
  t.match(
    await detect(pool),
    { detected: missing.size - unended.length, healed: missing.size - 1 },
    'the REST reports reveal and heal the other gaps'
  )
  t.strictSame(
    (await rowsOf(pool)).filter(({ healed_at: healedAt }) => healedAt === null),
    []
  )
  t.match(
    (await rowsOf(pool)).filter(({ healed_by: by }) => by === 'webhook').map(({ entity }) => entity),
    [unended[0]]
  )
})

t.test('the gap of a call that cannot be folded stays open', async t => {
  const { pool, missing } = await withoutGaps()
  const [call] = missing.keys()
  await pool.query("update entities set failed = 'MCS_INTERNAL' where entity = $1", [call])
  t.match(await detect(pool), { detected: missing.size, healed: missing.size - 1 })
  await pool.query('update entities set failed = null')
  t.strictSame(await detect(pool), { detected: 0, healed: 1 })
})

t.test('a voicemail that REST says was left is an open gap until a poll finds it', async t => {
  const { pool } = await freshDatabase(t)
  const { delivered, lost, restFacts, truth } = lossyCompany({ calls: 200 })
  const project = projectorOf(pool)
  await project([...delivered, ...lost, ...restFacts.filter(fact => fact.type !== 'voicemail.reported')])
  const voicemails = truth.voicemails.map(({ callId }) => callId).sort()
  t.ok(voicemails.length > 3)
  t.strictSame(await detect(pool), { detected: voicemails.length, healed: 0 })
  t.match(
    await rowsOf(pool),
    voicemails.map(entity => ({ kind: 'voicemail', entity, missing: 'voicemail', healed_at: null }))
  )
  const found = restFacts
    .filter(fact => fact.type === 'voicemail.reported')
    .map((fact, i) => ({ ...fact, callId: i % 2 ? null : fact.callId, receivedAt: LONG_AFTER.toISOString() }))
  await project(found)
  t.strictSame(
    await detect(pool),
    { detected: 0, healed: voicemails.length },
    'a voicemail is matched by its call, or by its numbers and time'
  )
})
