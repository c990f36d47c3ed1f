import t from 'tap'
import { detectGaps } from '../../../src/reconcile/gaps/detect.js'
import { type CallFact, createCallHold } from '../../../src/reconcile/gaps/held-calls.js'
import { type CallMatch, type MatchContext, matchCall } from '../../../src/reconcile/gaps/match-call.js'
import { projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { asEvents, atMinute, reportedCall, webhookEventsOf } from '../../support/reported-calls.js'

const CALL = { businessNumber: '+15550100001', clientNumber: '+15559370001', startedAt: atMinute(0).toISOString() }
const near = {
  callId: 'w',
  businessNumber: CALL.businessNumber,
  clientNumber: CALL.clientNumber,
  startedAt: atMinute(0).getTime(),
  endedAt: atMinute(1).getTime(),
  lastEventAt: atMinute(1).getTime()
}
const inProgress = { ...near, endedAt: null }
const DUE = 15 * 60_000
/** Since then the near call would be listed under its own id. */
const UNLISTED = near.endedAt + DUE
const SITUATION: MatchContext = {
  isKnown: false,
  candidates: [],
  heldAt: UNLISTED - DUE,
  now: UNLISTED,
  ids: 'unknown',
  isListRead: true
}

interface MatchCase {
  name: string
  call?: { businessNumber: string; clientNumber: string | null; startedAt: string | null }
  situation: Partial<MatchContext>
  match: CallMatch
}

const CASES: MatchCase[] = [
  { name: 'a webhook has its id', situation: { isKnown: true, candidates: [near] }, match: { kind: 'known' } },
  { name: 'no webhook matches within 15 minutes', situation: { now: UNLISTED - 1 }, match: { kind: 'held' } },
  { name: 'no webhook matches after 15 minutes', situation: {}, match: { kind: 'created' } },
  { name: 'REST and webhooks use different ids', situation: { ids: 'different' }, match: { kind: 'held' } },
  {
    name: 'REST and webhooks use different ids and one call is near',
    situation: { now: near.startedAt, ids: 'different', candidates: [near], isListRead: false },
    match: { kind: 'linked', callId: 'w' }
  },
  {
    name: 'the near call may still be listed itself',
    situation: { candidates: [near], now: UNLISTED - 1, heldAt: 0 },
    match: { kind: 'held' }
  },
  {
    name: 'the near call may be on a later page',
    situation: { candidates: [near], isListRead: false },
    match: { kind: 'held' }
  },
  {
    name: 'the near call had the time to be listed',
    situation: { candidates: [near] },
    match: { kind: 'linked', callId: 'w' }
  },
  {
    name: 'the near call had the time to be listed, where other calls have the same ids',
    situation: { candidates: [near], ids: 'same' },
    match: { kind: 'linked', callId: 'w' }
  },
  {
    name: 'the near call is in progress, where other calls have the same ids',
    situation: { candidates: [inProgress], ids: 'same' },
    match: { kind: 'created' }
  },
  {
    name: 'the near call lost its end, and ids cannot be compared',
    situation: { candidates: [inProgress] },
    match: { kind: 'linked', callId: 'w' }
  },
  {
    name: 'the call with its numbers began 5 s later',
    situation: { candidates: [{ ...near, startedAt: near.startedAt + 5_000 }] },
    match: { kind: 'linked', callId: 'w' }
  },
  {
    name: 'the call with its numbers began more than 5 s later',
    situation: { candidates: [{ ...near, startedAt: near.startedAt + 5_001 }] },
    match: { kind: 'created' }
  },
  {
    name: 'two calls have its numbers, to the nearer one',
    situation: { candidates: [{ ...near, callId: 'x', startedAt: near.startedAt - 3_000 }, near] },
    match: { kind: 'linked', callId: 'w' }
  },
  {
    name: 'the near call has another client',
    situation: { candidates: [{ ...near, clientNumber: '+15559370002' }] },
    match: { kind: 'created' }
  },
  {
    name: 'the near call has another business number',
    situation: { candidates: [{ ...near, businessNumber: '+15550100002' }] },
    match: { kind: 'created' }
  },
  {
    name: 'it has no client, as a call between colleagues',
    call: { ...CALL, clientNumber: null },
    situation: { candidates: [{ ...near, clientNumber: null }] },
    match: { kind: 'created' }
  },
  {
    name: 'it has no start',
    call: { ...CALL, startedAt: null },
    situation: { candidates: [near] },
    match: { kind: 'created' }
  }
]
for (const { name, call = CALL, situation, match } of CASES)
  t.test(`a reported call is ${match.kind} when ${name}`, async t => {
    t.strictSame(matchCall(call, { ...SITUATION, ...situation }), match)
  })

/** A reading of the whole list that ends at this minute. */
const readAt = (minute: number) => ({
  now: atMinute(minute),
  listRead: { from: atMinute(-60), until: atMinute(minute) }
})

async function setUpHold(t: Parameters<typeof freshDatabase>[0]) {
  const { pool } = await freshDatabase(t)
  const project = projectorOf(pool)
  const hold = createCallHold(pool)
  const heldIds = async () =>
    (await pool.query<{ call_id: string }>('select call_id from held_calls order by 1')).rows.map(row => row.call_id)
  const detect = (at: number) => detectGaps(pool, { account: 'default', now: atMinute(at), since: atMinute(0) })
  const gaps = async () =>
    (await pool.query('select entity, missing, detected_at, healed_at, healed_by from gaps order by 1')).rows
  return { pool, project, hold, heldIds, detect, gaps }
}

t.test(
  'a call without webhooks is held until 15 minutes after its end; its gap spans its report and its creation',
  async t => {
    const { project, hold, heldIds, detect, gaps } = await setUpHold(t)
    t.strictSame(await hold.takeDue('default', [reportedCall('a', 1, 0)], readAt(2)), [])
    t.strictSame(await hold.takeDue('default', [], readAt(15.9)), [])
    t.equal((await hold.takeDue('default', [], readAt(16))).length, 1)
    const due = await hold.takeDue('default', [{ ...reportedCall('a', 1, 0), route: 'journal' }], readAt(17))
    t.match(due, [
      { heldId: 'a', fact: { callId: 'a', route: 'calls', receivedAt: atMinute(17).toISOString() } },
      { fact: { route: 'journal' } }
    ])
    t.strictSame(
      await hold.takeDue('default', [], readAt(17)),
      due,
      'after a crash before the append the same facts are due again'
    )

    t.strictSame(await detect(18), { detected: 1, healed: 0 })
    await project(asEvents(due.map(({ fact }) => fact)))
    await hold.forget('default', due, atMinute(18))
    t.strictSame(await heldIds(), [])
    t.strictSame(await detect(19), { detected: 0, healed: 1 })
    t.strictSame(await gaps(), [
      { entity: 'a', missing: 'call', detected_at: atMinute(2), healed_at: atMinute(17), healed_by: 'rest' }
    ])
  }
)

t.test('a call that is reported late is held for two minutes, since its webhooks may not be projected yet', async t => {
  const { hold } = await setUpHold(t)
  t.strictSame(await hold.takeDue('default', [reportedCall('a', 1, 0)], readAt(30)), [])
  t.strictSame(await hold.takeDue('default', [], readAt(31.9)), [])
  t.equal((await hold.takeDue('default', [], readAt(32))).length, 1)
})

t.test('a call whose webhooks arrive while it is held is released, and is not a gap', async t => {
  const { project, hold, detect, gaps } = await setUpHold(t)
  await hold.takeDue('default', [reportedCall('a', 1, 0)], readAt(2))
  await project(webhookEventsOf('a', 1, 0))
  t.match(await hold.takeDue('default', [], readAt(3)), [{ heldId: 'a', fact: { callId: 'a' } }])
  await detect(30)
  t.strictSame(await gaps(), [])
})

t.test('a call that webhooks reported under another id is linked to that id, and so are later reports', async t => {
  const { project, hold, pool, heldIds } = await setUpHold(t)
  await project(webhookEventsOf('w', 1, 0))
  t.strictSame(await hold.takeDue('default', [reportedCall('r', 1, 0)], readAt(15.9)), [], 'w may still be listed')
  const linked = await hold.takeDue('default', [reportedCall('r', 1, 0)], readAt(16))
  t.match(linked, [{ heldId: 'r', fact: { callId: 'w', inferred: true } }])
  await project(asEvents(linked.map(({ fact }) => fact)))
  await hold.forget('default', linked, atMinute(16))
  const later = await hold.takeDue('default', [{ ...reportedCall('r', 1, 0), recordingId: 'x' }], readAt(40))
  t.match(later, [{ heldId: 'r', fact: { callId: 'w', recordingId: 'x' } }])
  await hold.forget('default', later, atMinute(40))
  t.strictSame(await heldIds(), [])
  t.match((await pool.query('select call_id from call_history')).rows, [{ call_id: 'w' }])
})

for (const { name, pages } of [
  { name: 'on the same page', pages: [['a', 'b']] },
  { name: 'on the page before', pages: [['a'], ['b']] },
  { name: 'on a later page', pages: [['b'], ['a']] }
])
  for (const isPast of [false, true])
    t.test(
      `${isPast ? 'a backfill' : 'a reading'} keeps a redial within 5 s apart from the call that REST lists ${name}`,
      async t => {
        const { project, pool, heldIds } = await setUpHold(t)
        const hold = createCallHold(pool, { isPast })
        const reports = { a: reportedCall('a', 1, 0), b: reportedCall('b', 1, 0.05) }
        await project(webhookEventsOf('a', 1, 0)) // no webhook of b arrived
        const append = async (calls: readonly CallFact[], options: Parameters<typeof hold.takeDue>[2]) => {
          const due = await hold.takeDue('default', calls, options)
          await project(asEvents(due.map(({ fact }) => fact)))
          await hold.forget('default', due, options.now)
        }
        for (const minute of [30, 40]) {
          for (const page of pages)
            await append(
              page.map(id => reports[id as keyof typeof reports]),
              { now: atMinute(minute) }
            )
          await append([], readAt(minute))
        }
        t.strictSame(
          (await pool.query('select call_id, rest_events from call_history order by 1')).rows.map(row => row.call_id),
          ['a', 'b']
        )
        t.equal((await pool.query("select from events where fields ? 'inferred'")).rowCount, 0)
        t.strictSame(await heldIds(), [])
      }
    )

t.test('a call that was linked to another one is created once REST lists that one itself', async t => {
  const { project, hold, pool } = await setUpHold(t)
  const append = async (calls: readonly CallFact[], minute: number) => {
    const due = await hold.takeDue('default', calls, readAt(minute))
    await project(asEvents(due.map(({ fact }) => fact)))
    await hold.forget('default', due, atMinute(minute))
  }
  await project(webhookEventsOf('a', 1, 0))
  await append([reportedCall('b', 1, 0.05)], 30)
  t.match((await pool.query('select call_id from call_history')).rows, [{ call_id: 'a' }])
  await append([reportedCall('a', 1, 0), reportedCall('b', 1, 0.05)], 35)
  await append([reportedCall('a', 1, 0), reportedCall('b', 1, 0.05)], 40)
  t.strictSame((await pool.query('select call_id, started_at from call_history order by 1')).rows, [
    { call_id: 'a', started_at: atMinute(0) },
    { call_id: 'b', started_at: atMinute(0.05) }
  ])
})

t.test('two simultaneous calls of one client are linked to their own ids, also by concurrent processes', async t => {
  const { project, hold, pool } = await setUpHold(t)
  await project([...webhookEventsOf('w1', 1, 0), ...webhookEventsOf('w2', 1, 0.05)])
  const other = createCallHold(pool)
  const results = await Promise.all([
    hold.takeDue('default', [reportedCall('r1', 1, 0), reportedCall('r2', 1, 0.05)], readAt(20)),
    other.takeDue('default', [reportedCall('r2', 1, 0.05), reportedCall('r1', 1, 0)], readAt(20))
  ])
  for (const due of results)
    t.strictSame(
      new Map(due.map(({ heldId, fact }) => [heldId, fact.callId])),
      new Map([
        ['r1', 'w1'],
        ['r2', 'w2']
      ])
    )
})

t.test('a created call stays held until it is projected, so that its hour does not count as complete', async t => {
  const { project, hold, heldIds } = await setUpHold(t)
  await hold.takeDue('default', [reportedCall('a', 1, 0)], readAt(2))
  const due = await hold.takeDue('default', [], readAt(17))
  await hold.forget('default', due, atMinute(17))
  t.strictSame(await heldIds(), ['a'])
  await project(asEvents(due.map(({ fact }) => fact)))
  await hold.forget('default', due, atMinute(17))
  t.strictSame(await heldIds(), [])
})

t.test('no call is created while 20 calls and as many webhook calls have no match, until one has', async t => {
  const { project, hold } = await setUpHold(t)
  for (let n = 0; n < 20; n++) await project(webhookEventsOf(`w${n}`, n, n))
  // other numbers, so that no call can be linked
  const strangers = Array.from({ length: 20 }, (_, n) => reportedCall(`r${n}`, 100 + n, n))
  t.strictSame(await hold.takeDue('default', strangers, readAt(21)), [])
  t.strictSame(await hold.takeDue('default', [], readAt(60)), [], 'they are due, but stay held')
  await project([...webhookEventsOf('m', 50, 40), ...asEvents([reportedCall('m', 50, 40)])])
  t.equal((await hold.takeDue('default', [], readAt(61))).length, 20)
})

t.test('any number of calls is created when there are no webhooks', async t => {
  const { hold } = await setUpHold(t)
  const calls = Array.from({ length: 25 }, (_, n) => reportedCall(`r${n}`, n, n))
  t.strictSame(await hold.takeDue('default', calls, readAt(30)), [])
  t.equal((await hold.takeDue('default', [], readAt(45))).length, 25)
})

t.test('a backfill creates or links at once a call that ended 15 minutes ago', async t => {
  const { project, pool, hold, heldIds } = await setUpHold(t)
  await project(webhookEventsOf('w', 1, 0))
  const past = createCallHold(pool, { isPast: true })
  const due = await past.takeDue(
    'default',
    [reportedCall('r', 1, 0), reportedCall('old', 2, 4), reportedCall('young', 3, 6)],
    readAt(20)
  )
  t.strictSame(
    due.map(({ heldId, fact }) => [heldId, fact.callId]),
    [
      ['r', 'w'],
      ['old', 'old']
    ]
  )
  await project(asEvents(due.map(({ fact }) => fact)))
  await past.forget('default', due, atMinute(20))
  t.strictSame(await heldIds(), ['young'])
  t.strictSame(
    await past.takeDue('default', [], {
      now: atMinute(21.9),
      listRead: { from: atMinute(-60), until: atMinute(0) }
    }),
    [],
    'a backfill does not release calls that it did not report'
  )
  t.match(await hold.takeDue('default', [], readAt(22)), [{ heldId: 'young' }])
})

t.test('a backfill creates no call either while REST and webhooks use different ids', async t => {
  const { project, pool } = await setUpHold(t)
  for (let n = 0; n < 20; n++) await project(webhookEventsOf(`w${n}`, n, n))
  const past = createCallHold(pool, { isPast: true })
  const strangers = Array.from({ length: 20 }, (_, n) => reportedCall(`r${n}`, 100 + n, n))
  await past.takeDue('default', strangers, readAt(60))
  t.strictSame(await past.takeDue('default', strangers, readAt(60)), [])
})
