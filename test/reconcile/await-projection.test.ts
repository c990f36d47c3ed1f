import t from 'tap'
import { inTransaction } from '../../src/db/transaction.js'
import { NotProjectedError, UndecodableRecordError } from '../../src/errors.js'
import { encodeEvent } from '../../src/events/record.js'
import { insertDeadLetters } from '../../src/project/batch/dead-letters.js'
import { areProjected, awaitProjection } from '../../src/reconcile/await-projection.js'
import { answeredCall } from '../support/installation.js'
import { NOW, PARTITION_KEY, projector, stored } from '../support/projection.js'

t.test('events are projected once each is stored or a dead letter', async t => {
  const { pool, project } = await projector(t)
  const events = answeredCall('c1')
  const [refused] = events.splice(-1)
  if (!refused) throw new Error('a call has events')
  t.equal(await areProjected(pool, []), true)
  t.equal(await areProjected(pool, events), false)
  await project(events)
  t.equal(await areProjected(pool, events), true)
  await awaitProjection(pool, events, 0)

  t.equal(await areProjected(pool, [...events, refused]), false)
  await t.rejects(awaitProjection(pool, [...events, refused], 0), NotProjectedError)
  const [record] = stored([encodeEvent(refused)], 10)
  if (!record) throw new Error('one record was encoded')
  await inTransaction(pool, tx =>
    insertDeadLetters(
      tx,
      [{ record, id: refused.id, account: 'default', err: new UndecodableRecordError('the database refuses it') }],
      { logId: PARTITION_KEY.logId, now: NOW }
    )
  )
  t.equal(await areProjected(pool, [...events, refused]), true)
  await awaitProjection(pool, [...events, refused], 0)
})
