import t, { type Test } from 'tap'
import type { Event } from '../../../src/events/event.js'
import { encodeEvent } from '../../../src/events/record.js'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import { projectBatch } from '../../../src/project/batch/project-batch.js'
import { DOCUMENTED_API_KEY, DOCUMENTED_NOTIFICATIONS } from '../../support/documented-notifications.js'
import { NOW, PARTITION_KEY, projector, stored } from '../../support/projection.js'
import { SETTINGS } from '../../support/settings.js'

const [STARTED] = DOCUMENTED_NOTIFICATIONS
let next = 0

/** A new event: a documented notification with these members. */
function event(members: object, receivedAt = '2026-11-23T08:00:00.000Z'): Event {
  const body = { ...STARTED, Timestamp: new Date(Date.UTC(2026, 10, 23) + next++).toISOString(), ...members }
  const parsed = parseNotification(
    { id: 'default', apiKey: DOCUMENTED_API_KEY, region: 'US' },
    Buffer.from(JSON.stringify(body)),
    new Date(receivedAt)
  )
  if (!parsed) throw new Error('an empty body')
  return parsed
}

/** The number in letters, since digits would be masked. */
const name = (i: number) => [...String(i)].map(digit => 'abcdefghij'[Number(digit)]).join('')

async function driftProjection(t: Test) {
  const { pool, project } = await projector(t)
  const rows = async () =>
    (
      await pool.query<{
        type: string
        field: string
        count: string
        sample: string
        first_seen_at: Date
        last_seen_at: Date
      }>('select * from drift order by account, type, field')
    ).rows
  const counts = async () => (await rows()).map(({ type, field, count }) => `${type} ${field} ${count}`)
  return { pool, project, rows, counts }
}

t.test('unknown types and fields are counted, with their times and the shape of the first value', async t => {
  const { project, rows } = await driftProjection(t)
  t.equal(
    (
      await project([
        event({ Queue: 'Sales 12' }, '2026-11-23T08:00:05.000Z'),
        event({ Queue: 7 }, '2026-11-23T08:00:01.000Z'),
        event({})
      ])
    ).drifted,
    2
  )
  await project(
    [event({ EventType: 'CallHeld' }, '2026-11-23T09:00:00.000Z'), event({ Queue: 'x' }, '2026-11-23T08:00:09.000Z')],
    3
  )
  t.match(await rows(), [
    { type: 'CallHeld', field: '', count: '1', sample: 'xxxxxxxx' },
    {
      type: 'IncomingCall',
      field: 'Queue',
      count: '3',
      sample: '0',
      first_seen_at: new Date('2026-11-23T08:00:01.000Z'),
      last_seen_at: new Date('2026-11-23T08:00:09.000Z')
    }
  ])
})

t.test('an event counts once, however often its record is delivered or projected', async t => {
  const { project, counts, pool } = await driftProjection(t)
  const events = [event({ Queue: 1 }), event({ EventType: 'CallHeld', Queue: 1 })]
  t.equal((await project([...events, ...events])).drifted, 2)
  t.equal((await project(events, 4)).drifted, 0)
  await pool.query('delete from checkpoints')
  t.equal((await project([...events, event({ Queue: 1 })])).drifted, 1)
  t.strictSame(await counts(), ['CallHeld  1', 'CallHeld Queue 1', 'IncomingCall Queue 2'])
})

t.test('an event that was stored before its type was known does not count again afterwards', async t => {
  const { pool, project, counts } = await driftProjection(t)
  const known = event({ Queue: 1 })
  const { account, id, occurredAt, receivedAt, raw } = known
  const before: Event = {
    id,
    type: 'unclassified',
    account,
    occurredAt,
    receivedAt,
    source: 'webhook',
    reason: 'api-key-mismatch',
    eventType: 'IncomingCall',
    raw
  }
  await project([before])
  await pool.query("update events set fields = jsonb_set(fields, '{reason}', '\"unknown-type\"')")
  t.equal((await project([known], 1)).drifted, 0)
  t.strictSame(await counts(), [])
})

t.test('a hostile sender cannot fill the table: pairs beyond the limit of 500 are counted as one', async t => {
  const { project, rows } = await driftProjection(t)
  const fields = (from: number) => Object.fromEntries(Array.from({ length: 49 }, (_, i) => [`z${name(from + i)}z`, 1]))
  await project(Array.from({ length: 12 }, (_, i) => event(fields(i * 49))))
  await project([event(fields(0)), event({ EventType: 'CallHeld' }), event(fields(10_000))], 12)
  const all = await rows()
  t.equal(all.length, 501)
  t.match(
    all.filter(row => row.type === '…'),
    [{ field: '…', count: '4' }],
    'it counts events, not fields'
  )
  t.equal(all.find(row => row.field === 'zaz')?.count, '2', 'known pairs are still counted')
})

t.test('two concurrent batches are both counted, and never exceed the limit together', async t => {
  const { pool, project } = await driftProjection(t)
  await project([event({})])
  const many = (letter: string) => Array.from({ length: 400 }, (_, i) => event({ EventType: letter + name(i) }))
  await Promise.all(
    ['x', 'y'].map((letter, i) =>
      projectBatch(pool, { ...PARTITION_KEY, partition: i + 1 }, stored(many(letter).map(encodeEvent)), {
        now: NOW,
        settings: SETTINGS
      })
    )
  )
  t.match((await pool.query('select count(*)::int as rows, sum(count)::int as events from drift')).rows, [
    { rows: 501, events: 800 }
  ])
})
