import t from 'tap'
import { detectGaps } from '../../../src/reconcile/gaps/detect.js'
import { createCallHold } from '../../../src/reconcile/gaps/held-calls.js'
import { matchCall } from '../../../src/reconcile/gaps/match-call.js'
import { projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { asEvents, minute, notified, reported } from '../../support/held.js'

const CALL = { businessNumber: '+15550100001', clientNumber: '+15559370001', startedAt: minute(0).toISOString() }
const near = {
  callId: 'w',
  businessNumber: CALL.businessNumber,
  clientNumber: CALL.clientNumber,
  startedAt: minute(0).getTime()
}
const SITUATION = { isKnown: false, candidates: [], heldAt: 0, now: 0, haveIdsMismatch: false }
const DUE = 15 * 60_000

for (const { name, call = CALL, situation, place } of [
  { name: 'a webhook has its id', situation: { isKnown: true, candidates: [near] }, place: { kind: 'known' } },
  { name: 'nobody knows it yet', situation: { now: DUE - 1 }, place: { kind: 'held' } },
  { name: 'nobody knows it after 15 minutes', situation: { now: DUE }, place: { kind: 'created' } },
  { name: 'ids differ', situation: { now: DUE, haveIdsMismatch: true }, place: { kind: 'held' } },
  {
    name: 'ids differ, and one is near',
    situation: { now: DUE, haveIdsMismatch: true, candidates: [near] },
    place: { kind: 'linked', callId: 'w' }
  },
  {
    name: 'it began 5 s later',
    situation: { candidates: [{ ...near, startedAt: near.startedAt + 5_000 }] },
    place: { kind: 'linked', callId: 'w' }
  },
  {
    name: 'it began over 5 s later',
    situation: { candidates: [{ ...near, startedAt: near.startedAt + 5_001 }] },
    place: { kind: 'held' }
  },
  {
    name: 'of two the nearer',
    situation: { candidates: [{ ...near, callId: 'x', startedAt: near.startedAt - 3_000 }, near] },
    place: { kind: 'linked', callId: 'w' }
  },
  {
    name: 'another client',
    situation: { candidates: [{ ...near, clientNumber: '+15559370002' }] },
    place: { kind: 'held' }
  },
  {
    name: 'another business number',
    situation: { candidates: [{ ...near, businessNumber: '+15550100002' }] },
    place: { kind: 'held' }
  },
  {
    name: 'no client, as in a call between colleagues',
    call: { ...CALL, clientNumber: null },
    situation: { candidates: [{ ...near, clientNumber: null }] },
    place: { kind: 'held' }
  },
  { name: 'no start', call: { ...CALL, startedAt: null }, situation: { candidates: [near] }, place: { kind: 'held' } }
] as const) {
  t.test(`a reported call is ${place.kind}: ${name}`, async t => {
    t.strictSame(matchCall(call, { ...SITUATION, ...situation }), place)
  })
}

async function holding(t: Parameters<typeof freshDatabase>[0]) {
  const { pool } = await freshDatabase(t)
  const project = projectorOf(pool)
  const hold = createCallHold(pool)
  const heldIds = async () =>
    (await pool.query<{ call_id: string }>('select call_id from held_calls order by 1')).rows.map(row => row.call_id)
  const detect = (at: number) => detectGaps(pool, { account: 'default', now: minute(at), since: minute(0) })
  const gaps = async () =>
    (await pool.query('select entity, missing, detected_at, healed_at, healed_by from gaps order by 1')).rows
  return { pool, project, hold, heldIds, detect, gaps }
}

t.test(
  'a call without webhooks is held until 15 minutes after its end, then created, and its gap says when REST told it and when it was healed',
  async t => {
    const { project, hold, heldIds, detect, gaps } = await holding(t)
    t.strictSame(await hold.takeDue('default', [reported('a', 1, 0)], minute(2)), [])
    t.strictSame(await hold.takeDue('default', [], minute(15.9)), [])
    t.equal((await hold.takeDue('default', [], minute(16))).length, 1)
    const due = await hold.takeDue('default', [{ ...reported('a', 1, 0), route: 'journal' }], minute(17))
    t.match(due, [
      { heldId: 'a', fact: { callId: 'a', route: 'calls', receivedAt: minute(17).toISOString() } },
      { fact: { route: 'journal' } }
    ])
    t.strictSame(
      await hold.takeDue('default', [], minute(17)),
      due,
      'a process that died before it appended them begins again'
    )

    t.strictSame(await detect(18), { detected: 1, healed: 0 })
    await project(asEvents(due.map(({ fact }) => fact)))
    await hold.forget('default', due, minute(18))
    t.strictSame(await heldIds(), [])
    t.strictSame(await detect(19), { detected: 0, healed: 1 })
    t.strictSame(await gaps(), [
      { entity: 'a', missing: 'call', detected_at: minute(2), healed_at: minute(17), healed_by: 'rest' }
    ])
  }
)

t.test('one that is told late waits for two minutes, as its webhooks may be on their way through our log', async t => {
  const { hold } = await holding(t)
  t.strictSame(await hold.takeDue('default', [reported('a', 1, 0)], minute(30)), [])
  t.strictSame(await hold.takeDue('default', [], minute(31.9)), [])
  t.equal((await hold.takeDue('default', [], minute(32))).length, 1)
})

t.test('a call whose webhooks come while it is held is let through, and is no gap', async t => {
  const { project, hold, detect, gaps } = await holding(t)
  await hold.takeDue('default', [reported('a', 1, 0)], minute(2))
  await project(notified('a', 1, 0))
  t.match(await hold.takeDue('default', [], minute(3)), [{ heldId: 'a', fact: { callId: 'a' } }])
  await detect(30)
  t.strictSame(await gaps(), [])
})

t.test('a call that webhooks told under another id is linked to it, and so is what is told of it later', async t => {
  const { project, hold, pool, heldIds } = await holding(t)
  await project(notified('w', 1, 0))
  const linked = await hold.takeDue('default', [reported('r', 1, 0)], minute(2))
  t.match(linked, [{ heldId: 'r', fact: { callId: 'w', inferred: true } }])
  await project(asEvents(linked.map(({ fact }) => fact)))
  await hold.forget('default', linked, minute(3))
  const later = await hold.takeDue('default', [{ ...reported('r', 1, 0), recordingId: 'x' }], minute(40))
  t.match(later, [{ heldId: 'r', fact: { callId: 'w', recordingId: 'x' } }])
  await hold.forget('default', later, minute(40))
  t.strictSame(await heldIds(), [])
  t.match((await pool.query('select call_id from call_history')).rows, [{ call_id: 'w' }])
})

t.test('of two calls of a client at once, each is linked to its own, whoever sifts', async t => {
  const { project, hold, pool } = await holding(t)
  await project([...notified('w1', 1, 0), ...notified('w2', 1, 0.05)])
  const other = createCallHold(pool)
  const sifted = await Promise.all([
    hold.takeDue('default', [reported('r1', 1, 0), reported('r2', 1, 0.05)], minute(2)),
    other.takeDue('default', [reported('r2', 1, 0.05), reported('r1', 1, 0)], minute(2))
  ])
  for (const of of sifted)
    t.strictSame(
      new Map(of.map(({ heldId, fact }) => [heldId, fact.callId])),
      new Map([
        ['r1', 'w1'],
        ['r2', 'w2']
      ])
    )
})

t.test('once 20 calls have no match while webhooks tell as many, none is created, until one has', async t => {
  const { project, hold } = await holding(t)
  for (let n = 0; n < 20; n++) await project(notified(`w${n}`, n, n))
  // other numbers, so that no link shows it
  const strangers = Array.from({ length: 20 }, (_, n) => reported(`r${n}`, 100 + n, n))
  t.strictSame(await hold.takeDue('default', strangers, minute(21)), [])
  t.strictSame(await hold.takeDue('default', [], minute(60)), [], 'they are due, and wait')
  await project([...notified('m', 50, 40), ...asEvents([reported('m', 50, 40)])])
  t.equal((await hold.takeDue('default', [], minute(61))).length, 20)
})

t.test('when webhooks are silent, however many calls are created', async t => {
  const { hold } = await holding(t)
  const calls = Array.from({ length: 25 }, (_, n) => reported(`r${n}`, n, n))
  t.strictSame(await hold.takeDue('default', calls, minute(30)), [])
  t.equal((await hold.takeDue('default', [], minute(45))).length, 25)
})

t.test('of what is read of the past, a call that ended 15 minutes ago is created at once, or linked', async t => {
  const { project, pool, hold, heldIds } = await holding(t)
  await project(notified('w', 1, 0))
  const past = createCallHold(pool, { isPast: true })
  const sifted = await past.takeDue(
    'default',
    [reported('r', 1, 0), reported('old', 2, 4), reported('young', 3, 6)],
    minute(20)
  )
  t.strictSame(
    sifted.map(({ heldId, fact }) => [heldId, fact.callId]),
    [
      ['r', 'w'],
      ['old', 'old']
    ]
  )
  await past.forget('default', sifted, minute(20))
  t.strictSame(await heldIds(), ['young'])
  t.strictSame(await past.takeDue('default', [], minute(21.9)), [], 'what others hold, waits as it did')
  t.match(await hold.takeDue('default', [], minute(22)), [{ heldId: 'young' }])
})

t.test('of the past, too, none is created while ids differ', async t => {
  const { project, pool } = await holding(t)
  for (let n = 0; n < 20; n++) await project(notified(`w${n}`, n, n))
  const past = createCallHold(pool, { isPast: true })
  const strangers = Array.from({ length: 20 }, (_, n) => reported(`r${n}`, 100 + n, n))
  await past.takeDue('default', strangers, minute(60))
  t.strictSame(await past.takeDue('default', strangers, minute(60)), [])
})
