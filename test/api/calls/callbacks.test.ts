import t, { type Test } from 'tap'
import type { Viewer } from '../../../src/access/viewer.js'
import type { CallShape } from '../../../src/api/calls/schema.js'
import { projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { history, START } from '../../support/history.js'
import { queryApi } from '../../support/query-api.js'

const ORGANIZATION = '11111111-1111-4111-8111-111111111111'
const BOUND: Viewer = { actor: 'k1', role: 'viewer', account: 'default', organization: ORGANIZATION }
const [ADA, BOB, EVE, OWN_LINE, OTHER_LINE] = [
  '+15550000001',
  '+15550000002',
  '+15550000003',
  '+15551110001',
  '+15551110002'
]

const missed = (id: string, from: string, at: number, to = OWN_LINE) =>
  history(`IncomingCall@${at} > IncomingCallRinging(101)@${at + 5} > IncomingCallCompleted@${at + 60}`, {
    id,
    from,
    to
  })
const abandoned = (id: string, from: string, at: number) =>
  history(`IncomingCall@${at} > IncomingCallCompleted@${at + 60}`, { id, from, to: OWN_LINE })
const answered = (id: string, from: string, at: number, to = OWN_LINE) =>
  history(
    `IncomingCall@${at} > IncomingCallRinging(101)@${at + 5} > ` +
      `IncomingCallConnected(101)@${at + 10} > IncomingCallCompleted@${at + 60}`,
    { id, from, to }
  )
const unansweredCallback = (id: string, to: string, at: number) =>
  history(`OutgoingCall(101)@${at} > OutgoingCallCompleted(101)@${at + 20}`, { id, from: OWN_LINE, to })
const answeredCallback = (id: string, to: string, at: number) =>
  history(`OutgoingCall(101)@${at} > OutgoingCallConnected(101)@${at + 30} > OutgoingCallCompleted(101)@${at + 90}`, {
    id,
    from: OWN_LINE,
    to
  })

async function api(t: Test, calls: ReturnType<typeof history>[]) {
  const { pool } = await freshDatabase(t)
  await projectorOf(pool)(calls.flat())
  await pool.query('insert into number_ownerships values ($1, $2, $3, null, $4)', [
    'default',
    OWN_LINE,
    new Date(0),
    ORGANIZATION
  ])
  const { get } = await queryApi(t, pool, () => new Date(START + 24 * 3_600_000), { viewers: { ours: BOUND } })
  const waiting = async (key?: string) =>
    (await get('/v1/calls?needsCallback=true', key)).json<{ data: CallShape[] }>().data.map(call => call.id)
  const callback = async (id: string, key?: string) => (await get(`/v1/calls/${id}`, key)).json<CallShape>().callback
  return { get, waiting, callback }
}

t.test(
  'an unanswered call needs a callback until a conversation with that client begins, in either direction',
  async t => {
    const { waiting, callback } = await api(t, [
      missed('ada-1', ADA, 0),
      unansweredCallback('try', ADA, 600),
      answeredCallback('back', ADA, 1_200),
      missed('bob-1', BOB, 0),
      answered('bob-2', BOB, 3_600),
      abandoned('eve-1', EVE, 0),
      unansweredCallback('try-eve', EVE, 300)
    ])
    t.strictSame(await waiting(), ['eve-1'])
    t.strictSame(await callback('ada-1'), {
      returnedAt: new Date(START + 1_230_000).toISOString(),
      minutesToReturn: 19.5,
      attempts: 2,
      unansweredCalls: 1
    })
    t.match(await callback('bob-1'), { returnedAt: new Date(START + 3_610_000).toISOString(), attempts: 0 })
    t.strictSame(await callback('eve-1'), { returnedAt: null, minutesToReturn: null, attempts: 1, unansweredCalls: 1 })
    for (const id of ['back', 'bob-2', 'try']) t.equal(await callback(id), null, id)
  }
)

t.test('an earlier conversation does not count as a callback, and an ongoing one does', async t => {
  const { waiting } = await api(t, [
    answered('before', ADA, 0),
    missed('after', ADA, 600),
    missed('bob', BOB, 0),
    history('IncomingCall@60 > IncomingCallRinging(101)@65 > IncomingCallConnected(101)@70', {
      id: 'goes-on',
      from: BOB,
      to: OWN_LINE
    })
  ])
  t.strictSame(await waiting(), ['after'])
})

t.test('repeated calls of a client are counted between two conversations', async t => {
  const { waiting, callback } = await api(t, [
    missed('old', ADA, 0),
    answered('talk', ADA, 600),
    missed('a', ADA, 1_200),
    abandoned('b', ADA, 1_800),
    missed('c', ADA, 2_400)
  ])
  t.strictSame(await waiting(), ['c', 'b', 'a'])
  t.strictSame(
    await Promise.all(['old', 'a', 'b', 'c'].map(async id => (await callback(id))?.unansweredCalls)),
    [1, 3, 3, 3]
  )
})

t.test('callers without a number need no callback', async t => {
  const { waiting, callback } = await api(t, [missed('widget', 'Contact us', 0), missed('hidden', 'anonymous', 0)])
  t.strictSame(await waiting(), [])
  t.equal(await callback('widget'), null)
})

t.test("a conversation on another organization's number does not count as a callback and is not revealed", async t => {
  const { waiting, callback } = await api(t, [missed('ours', ADA, 0), answered('theirs', ADA, 600, OTHER_LINE)])
  t.strictSame([await waiting(), await waiting('ours')], [[], ['ours']])
  t.equal((await callback('ours', 'ours'))?.returnedAt, null)
  t.ok((await callback('ours'))?.returnedAt)
})

t.test('callbacks are computed for the present only', async t => {
  const { get } = await api(t, [missed('a', ADA, 0)])
  t.match((await get('/v1/calls?needsCallback=true&asOf=2026-11-24')).json(), { statusCode: 400, message: /asOf/ })
  t.equal((await get('/v1/calls?needsCallback=false')).statusCode, 400)
  t.match((await get('/v1/calls?asOf=2026-11-24')).json(), { data: [{ id: 'a', callback: null }] })
})

t.test('a number that cannot be called needs no callback, and nobody returns its calls', async t => {
  const withheld = ['+266696687', '+1', '+0', '0000000000', '+7378742833', '+2562533', '+8566696', '+86282452253']
  const { waiting, callback } = await api(
    t,
    withheld.flatMap((from, i) => [missed(`a${i}`, from, 0), answered(`b${i}`, from, 3_600)])
  )
  t.strictSame(await waiting(), [])
  for (const [i, from] of withheld.entries()) t.equal(await callback(`a${i}`), null, from)
})

t.test('a call that was lost in a transfer needs a callback', async t => {
  const lost = (id: string, from: string, at: number) =>
    history(
      `IncomingCall@${at} > IncomingCallConnected(101)@${at + 5} > IncomingCallRinging(102)@${at + 14} > ` +
        `IncomingCallCompleted(101)@${at + 15} > IncomingCallStopRinging(102)@${at + 40} > ` +
        `IncomingCallCompleted@${at + 40}`,
      { id, from, to: OWN_LINE }
    )
  const { get, waiting, callback } = await api(t, [
    missed('ada-1', ADA, 0),
    lost('ada-2', ADA, 600),
    lost('bob-1', BOB, 0),
    missed('bob-2', BOB, 600),
    answeredCallback('bob-3', BOB, 1_200)
  ])
  t.strictSame(await waiting(), ['ada-2'])
  t.match(await callback('ada-2'), { returnedAt: null, attempts: 0, unansweredCalls: 1 })
  t.match(await callback('ada-1'), { returnedAt: new Date(START + 605_000).toISOString(), unansweredCalls: 1 })
  t.match(await callback('bob-1'), { attempts: 1, unansweredCalls: 2 })
  t.match((await get('/v1/calls?lostInTransfer=true&sort=startedAt')).json(), {
    data: [
      { id: 'bob-1', lostInTransfer: true, talkSeconds: 10, outcome: 'answered', currentExtensions: [] },
      { id: 'ada-2', lostInTransfer: true }
    ]
  })
})

t.test('the extensions that talk now are those of the newest connected legs', async t => {
  const { get } = await api(t, [
    history(
      'IncomingCall > IncomingCallConnected(101)@5 > IncomingCallConnected(102)@14 > IncomingCallCompleted(101)@15',
      {
        id: 'transferred',
        from: ADA
      }
    ),
    history('IncomingCall > IncomingCallConnected(101)@5 > IncomingCallConnected(102)@14', { id: 'both', from: BOB }),
    history('IncomingCall > IncomingCallRinging(101)@5', { id: 'ringing', from: EVE })
  ])
  t.match((await get('/v1/calls/transferred')).json(), { answeredBy: '101', currentExtensions: ['102'] })
  t.match((await get('/v1/calls/both')).json(), { answeredBy: '101', currentExtensions: ['101', '102'] })
  t.strictSame((await get('/v1/calls/ringing')).json<CallShape>().currentExtensions, [])
})
