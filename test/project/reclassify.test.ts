import t, { type Test } from 'tap'
import { type Event, entityOf } from '../../src/events/event.js'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { reclassify } from '../../src/project/reclassify.js'
import { DOCUMENTED_API_KEY } from '../support/documented-notifications.js'
import { projector } from '../support/projection.js'
import { SETTINGS } from '../support/settings.js'

const RECEIVED = new Date('2026-11-23T08:30:00.000Z')

function eventOf(body: object): Event {
  const event = parseNotification(
    { id: 'default', apiKey: DOCUMENTED_API_KEY, region: 'US' },
    Buffer.from(JSON.stringify(body)),
    RECEIVED
  )
  if (!event) throw new Error('an empty body')
  return event
}

const call = (id: string, type: string, at: number) =>
  eventOf({
    EventType: type,
    CallId: id,
    Extension: type === 'IncomingCallCompleted' ? null : '101',
    From: '+15559371200',
    To: '+15550347567',
    Timestamp: new Date(Date.UTC(2026, 10, 23, 8) + at * 1000).toISOString()
  })
const CALLS = ['a', 'b', 'c'].flatMap(id => [
  call(id, 'IncomingCall', 0),
  call(id, 'IncomingCallAgentRinging', 10),
  call(id, 'IncomingCallAgentConnected', 20),
  call(id, 'IncomingCallCompleted', 30)
])
const MESSAGE = eventOf({
  EventType: 'MessageReceived',
  Id: '0123456789abcdef01234567',
  businessNumber: '+15550347567',
  clientAddress: '+15559371200',
  text: 'Hello',
  Timestamp: '2026-11-23T08:00:00Z'
})
const MISMATCH = eventOf({
  EventType: 'IncomingCall',
  CallId: 'foreign',
  ApiKey: 'another',
  Timestamp: '2026-11-23T08:00:00Z'
})
const UNKNOWN = eventOf({ EventType: 'CallHeld', CallId: 'a', Timestamp: '2026-11-23T08:00:00Z' })

/** A database as an older version left it, which knew only the types of the events in `known`. */
async function olderDatabase(t: Test, events: readonly Event[], known: readonly Event[] = []) {
  const { pool, count, project } = await projector(t)
  await project(known)
  await project([MISMATCH, UNKNOWN, ...events.map(asUnclassified)], 1000)
  await pool.query(
    `update events set fields = jsonb_set(fields, '{reason}', '"unknown-type"')
    where kind = 'unclassified' and id <> $1`,
    [MISMATCH.id]
  )
  const run = (dryRun = false, pageSize = 3) => reclassify({ pool, settings: SETTINGS, dryRun, pageSize })
  const state = async () =>
    JSON.stringify([
      (await pool.query('select * from events order by account, kind, entity, id')).rows,
      (await pool.query('select * from entities order by account, kind, entity')).rows,
      (await pool.query('select * from call_history order by call_id')).rows,
      (await pool.query('select * from drift order by type, field')).rows
    ])
  return { pool, count, run, state }
}

/**
 * An unclassified event, with the only reason for which the current parser does not parse it again when it is stored.
 */
function asUnclassified({ id, account, occurredAt, receivedAt, raw }: Event): Event {
  return {
    id,
    type: 'unclassified',
    account,
    occurredAt,
    receivedAt,
    source: 'webhook',
    reason: 'api-key-mismatch',
    eventType: null,
    raw
  }
}

t.test('an unclassified record whose type is known by now is projected with its type', async t => {
  const { pool, project } = await projector(t)
  const unclassified: Event = { ...asUnclassified(CALLS[1] ?? UNKNOWN), reason: 'unknown-type' } as Event
  t.match((await project([unclassified, MISMATCH])).events, [
    { id: unclassified.id, type: 'call.ringing', callId: 'a', extension: '101' },
    { type: 'unclassified' }
  ])
  t.match((await pool.query('select kind, entity, type from events order by kind')).rows, [
    { kind: 'call', entity: 'a', type: 'call.ringing' },
    { kind: 'unclassified', entity: MISMATCH.id }
  ])
  t.match((await pool.query('select extension from call_legs')).rows, [{ extension: '101' }])
})

t.test('events whose type is known by now move to their entity, and the others stay', async t => {
  const { pool, count, run } = await olderDatabase(t, [...CALLS, MESSAGE])
  const result = await run()
  t.match(result, { read: 15, failures: [] })
  t.strictSame([...result.moved].sort(), [
    ['call.completed', 3],
    ['call.connected', 3],
    ['call.ringing', 3],
    ['call.started', 3],
    ['message.reported', 1]
  ])
  t.match(
    (await pool.query('select call_id, outcome, talk_seconds, answered_by from call_history order by call_id')).rows,
    ['a', 'b', 'c'].map(call_id => ({ call_id, outcome: 'answered', talk_seconds: 10, answered_by: '101' }))
  )
  for (const event of [...CALLS, MESSAGE]) {
    const { kind, entity } = entityOf(event)
    t.match(
      (
        await pool.query(
          "select kind, entity, type, received_at, convert_from(raw, 'UTF8')::jsonb as raw from events where id = $1",
          [event.id]
        )
      ).rows,
      [{ kind, entity, type: event.type, received_at: RECEIVED, raw: JSON.parse(JSON.stringify(event.raw)) }]
    )
  }
  t.strictSame(
    (
      await pool.query<{ entity: string }>("select entity from entities where kind = 'unclassified' order by entity")
    ).rows.map(row => row.entity),
    [MISMATCH.id, UNKNOWN.id].sort(),
    'no entity without events is left'
  )
  t.equal(await count('events'), 15)
})

t.test('notifications with another ApiKey get their type when it is accepted, in the given account only', async t => {
  const { pool, count } = await olderDatabase(t, [])
  const options = { pool, settings: SETTINGS, dryRun: false, acceptApiKey: true }
  t.match(await reclassify({ ...options, acceptApiKey: false }), { read: 2, moved: new Map() })
  t.match(await reclassify({ ...options, account: 'another' }), { read: 0, moved: new Map() })
  t.strictSame([...(await reclassify({ ...options, account: 'default' })).moved], [['call.started', 1]])
  t.match((await pool.query('select call_id from call_history')).rows, [{ call_id: 'foreign' }])
  t.match((await pool.query("select entity from events where kind = 'unclassified'")).rows, [{ entity: UNKNOWN.id }])
  t.equal(await count('events'), 2)
})

t.test('a second run finds nothing to do, and a dry run changes nothing', async t => {
  const { run, state } = await olderDatabase(t, CALLS)
  const before = await state()
  const dry = await run(true)
  t.equal(await state(), before)
  t.strictSame((await run()).moved, dry.moved, 'it reports what it would do')
  const after = await state()
  t.not(after, before)
  t.match(await run(), { read: 2, moved: new Map() })
  t.equal(await state(), after)
})

t.test('the rows are the same as when the types were known from the start', async t => {
  const direct = await projector(t)
  await direct.project(CALLS)
  const { pool, run } = await olderDatabase(t, CALLS, CALLS.slice(0, 5))
  await run()
  const rows = async (db: typeof pool) => (await db.query('select * from call_history order by call_id')).rows
  t.strictSame(await rows(pool), await rows(direct.pool), 'also when duplicates of the events were stored before')
})

t.test('concurrent runs move each event once', async t => {
  const { pool, run, count } = await olderDatabase(t, CALLS)
  const runs = await Promise.all([run(false, 2), run(false, 5), run(false, 200)])
  const moved = runs.flatMap(({ moved }) => [...moved.values()]).reduce((sum, n) => sum + n, 0)
  t.equal(moved, 12)
  t.equal(await count('events'), 14)
  t.equal((await pool.query("select from entities where kind = 'unclassified'")).rowCount, 2)
})

t.test('the drift of a type that is known by now is removed, that of a field is kept', async t => {
  const { pool, run } = await olderDatabase(t, [])
  await pool.query(
    `insert into drift select 'default', type, field, 1, '', now(), now() from (values
      ('IncomingCallAgentRinging', ''), ('incomingcallagentringing', ''), ('IncomingCallAgentRinging', 'Queue'),
      ('SmsMms', ''), ('#', ''), ('', ''), ('AgentStatus', '')) v (type, field)`
  )
  const types = async () =>
    (
      await pool.query<{ type: string; field: string }>(
        'select type, field from drift order by type collate "C", field'
      )
    ).rows.map(({ type, field }) => `${type}/${field}`)
  t.equal((await run(true)).knownTypes, 3)
  t.equal((await types()).length, 8, 'with that of CallHeld')
  t.equal((await run()).knownTypes, 3)
  t.strictSame(await types(), ['/', '#/', 'AgentStatus/', 'CallHeld/', 'IncomingCallAgentRinging/Queue'])
})
