import type pg from 'pg'
import { pino } from 'pino'
import t from 'tap'
import type { CallEvent } from '../../../src/events/call.js'
import { rebuild } from '../../../src/project/rebuild/rebuild.js'
import { startRefold } from '../../../src/project/refold/refold.js'
import { projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { history } from '../../support/history.js'
import { SETTINGS } from '../../support/settings.js'

const SEQUENCE = 'IncomingCall > IncomingCallRinging(101)@5 > IncomingCallCompleted@60'

/** A call as an older version had parsed and folded it: it completed the number, and took 0 for an extension. */
async function oldCall(t: Parameters<typeof freshDatabase>[0]) {
  const { pool } = await freshDatabase(t)
  const events = history(SEQUENCE, { from: '0000000000' })
  const project = projectorOf(pool)
  await project(events.slice(0, 2))
  await pool.query(`update events set fields = fields || '{"from": "+10000000000"}'`)
  await pool.query("update call_history set client_number = '+10000000000', client_callable = true")
  await pool.query('update entities set fold_version = 1')
  return { pool, project: (some: CallEvent[]) => project(some), last: events.slice(2) }
}

async function differences(pool: pg.Pool): Promise<number> {
  const { finished, differences } = await rebuild({ pool, settings: SETTINGS, now: () => new Date(), dryRun: true })
  if (!finished) throw new Error('the rebuild did not finish')
  return differences
}

const clientOf = async (pool: pg.Pool) =>
  (await pool.query("select client_number, client_callable, outcome from call_history where call_id = 'call-1'"))
    .rows[0]

const NEWLY_PARSED = { client_number: '0000000000', client_callable: false }

t.test('the events of an older fold version are parsed again in the background', async t => {
  const { pool } = await oldCall(t)
  t.equal(await differences(pool), 1)
  await startRefold({ pool, settings: SETTINGS, logger: pino({ enabled: false }) }).done
  t.match(await clientOf(pool), { ...NEWLY_PARSED, outcome: null })
  t.equal(await differences(pool), 0)
})

t.test('they are parsed again when another event of the call arrives first', async t => {
  const { pool, project, last } = await oldCall(t)
  await project(last)
  t.match(await clientOf(pool), { ...NEWLY_PARSED, outcome: 'missed' })
  t.equal(await differences(pool), 0)
  const { rows } = await pool.query<{ versions: string }>(
    'select count(distinct fold_version) as versions from entities'
  )
  t.match(rows, [{ versions: '1' }], 'the call has the current version, like the others')
})

t.test('a call that an older version merged of several without an id is removed', async t => {
  const { pool } = await freshDatabase(t)
  await projectorOf(pool)(history(SEQUENCE, { id: 'call-1' }))
  const nil = '00000000-0000-0000-0000-000000000000'
  await pool.query('update events set entity = $1', [nil])
  await pool.query('update entities set entity = $1, fold_version = 1', [nil])
  await pool.query('update call_history set call_id = $1', [nil])
  await pool.query('update call_legs set call_id = $1', [nil])
  await startRefold({ pool, settings: SETTINGS, logger: pino({ enabled: false }) }).done
  t.strictSame((await pool.query('select call_id from call_history')).rows, [])
  t.equal(await differences(pool), 0)
})
