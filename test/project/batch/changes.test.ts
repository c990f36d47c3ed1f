import assert from 'node:assert/strict'
import type pg from 'pg'
import t from 'tap'
import { inTransaction } from '../../../src/db/transaction.js'
import { rebuild } from '../../../src/project/rebuild/rebuild.js'
import { refoldFailed } from '../../../src/project/refold/chunk.js'
import { detectGaps } from '../../../src/reconcile/gaps/detect.js'
import { status } from '../../support/facts.js'
import { history } from '../../support/history.js'
import { ANSWERED, NOW, projector } from '../../support/projection.js'
import { atMinute, webhookEventsOf } from '../../support/reported-calls.js'
import { SETTINGS } from '../../support/settings.js'

/** A function that returns the changes since its last call. */
function changesOf(pool: pg.Pool) {
  let last = '0'
  return async () => {
    const { rows } = await pool.query<{ number: string; account: string; kind: string; object: string }>(
      'select number, account, kind, object from changes where number > $1 order by number',
      [last]
    )
    last = rows.at(-1)?.number ?? last
    return rows.map(({ account, kind, object }) => `${account} ${kind} ${object}`).sort()
  }
}

t.test('a batch announces each call and each of its agents once, and nothing when it is repeated', async t => {
  const { pool, project } = await projector(t)
  const changes = changesOf(pool)
  await project(history(ANSWERED, { id: 'a' }))
  t.strictSame(await changes(), ['default agent 101', 'default call a'])
  await project(history(ANSWERED, { id: 'a' }), 10)
  t.strictSame(await changes(), [], 'the rows did not change')
  await project([...history('IncomingCall', { id: 'b' }), status('102', 'dnd', 0)], 20)
  t.strictSame(await changes(), ['default agent 102', 'default call b'])
})

t.test('an agent whose leg is removed by a late event is announced', async t => {
  const { pool, project } = await projector(t)
  const changes = changesOf(pool)
  const [started, , talk] = history('IncomingCall@0 > IncomingCallRinging(101)@10 > IncomingCallConnected(102)@20', {
    id: 'a'
  })
  assert.ok(started && talk)
  await project([started, talk])
  t.strictSame(await changes(), ['default agent 102', 'default call a'])
  await inTransaction(pool, tx =>
    tx.query(
      "insert into call_legs (account, call_id, extension, attempt, role) values ('default', 'a', '109', 1, 'agent')"
    )
  )
  await project(history('IncomingCallCompleted@50', { id: 'a' }), 10)
  t.strictSame(await changes(), ['default agent 102', 'default agent 109', 'default call a'])
})

t.test('a rebuild announces a reset of the accounts whose rows it repairs, and nothing otherwise', async t => {
  const { pool, project } = await projector(t)
  const changes = changesOf(pool)
  await project([
    ...history(ANSWERED, { id: 'a' }),
    ...history(ANSWERED, { id: 'b' }).map(event => ({ ...event, account: 'other' }))
  ])
  await changes()
  const again = (dryRun: boolean) => rebuild({ pool, settings: SETTINGS, now: () => NOW, dryRun })
  await again(false)
  t.strictSame(await changes(), [])
  await pool.query("update call_history set state = 'waiting' where account = 'other'")
  await again(true)
  t.strictSame(await changes(), [], 'a dry run')
  await again(false)
  t.strictSame(await changes(), ['other reset '])
})

t.test('entities that are folded again are announced, unless the transaction is rolled back', async t => {
  const { pool, project } = await projector(t)
  const changes = changesOf(pool)
  await project(history(ANSWERED, { id: 'a' }))
  await changes()
  await pool.query("update call_history set state = 'waiting'")
  await pool.query("update entities set failed = 'fold'")
  await refoldFailed({ pool, settings: SETTINGS, after: null, size: 10, dryRun: true })
  t.strictSame(await changes(), [])
  await refoldFailed({ pool, settings: SETTINGS, after: null, size: 10 })
  t.strictSame(await changes(), ['default agent 101', 'default call a'])
})

t.test('a gap is announced when it is found and when it heals, not when it is found again', async t => {
  const { pool, project } = await projector(t)
  const changes = changesOf(pool)
  const [started, completed] = webhookEventsOf('a', 1, 0)
  assert.ok(started && completed)
  const detect = async () => {
    await detectGaps(pool, { account: 'default', now: atMinute(300), since: atMinute(0) })
    return (await changes()).filter(change => change.includes(' gap '))
  }
  await project([started])
  t.strictSame(await detect(), ['default gap call a'], 'its end is missing')
  t.strictSame(await detect(), [])
  await project([completed], 10)
  t.strictSame(await detect(), ['default gap call a'])
})
