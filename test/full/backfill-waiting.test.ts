import t from 'tap'
import { DAY_MS } from '../../src/lib/instant.js'
import { compareWithTruth, NOW, SMALL_COMPANY, setUpBackfill, WHOLE_PERIOD } from '../support/backfill.js'
import { eventually } from '../support/eventually.js'

t.test('a backfill that has spent its share of the quota waits until more is available, and continues', async t => {
  // 6 of them are for backfills, and one of these is spent on the token
  const { clock, mightyCall, start, untilState, rows } = await setUpBackfill(t, { company: SMALL_COMPANY, budget: 9 })
  const { backfills } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE_PERIOD)
  const isWaiting = async () => (await backfills.byId(id)).waiting?.code === 'MCS_QUOTA'
  await eventually('the backfill waits for the quota', isWaiting)
  const { waiting, state, routes } = await backfills.byId(id)
  t.match(
    { waiting, state },
    { waiting: { code: 'MCS_QUOTA', until: new Date(NOW.getTime() + DAY_MS) }, state: 'running' }
  )
  t.equal(
    routes.reduce((sum, { requests }) => sum + requests, 0),
    5
  )
  t.equal((await rows('select from quota_permits')).length, 6, 'it sends no requests while it waits')
  const done = await untilState(backfills, id, {
    state: 'done',
    onWaiting: ({ code }) => {
      if (code === 'MCS_QUOTA') clock.advance(DAY_MS)
    }
  })
  t.ok(clock.now().getTime() >= NOW.getTime() + DAY_MS)
  t.equal(done.waiting, null)
  const { found, expected } = await compareWithTruth(mightyCall.truth(), rows)
  t.strictSame(found, expected)
})

t.test('a backfill finishes with one permit at a time, without requesting a page twice', async t => {
  const { clock, start, untilState, rows } = await setUpBackfill(t, { company: SMALL_COMPANY, budget: 4 })
  const { backfills } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE_PERIOD)
  const { routes } = await untilState(backfills, id, { state: 'done', onWaiting: () => clock.advance(DAY_MS / 2) })
  t.equal(
    routes.reduce((sum, { requests }) => sum + requests, 0),
    9,
    'three routes in three chunks: one day, two quiet days at once, and the rest'
  )
  t.ok((await rows('select from events')).length > 0)
})

t.test('a backfill waits until a block ends, and while MightyCall is unavailable', async t => {
  const { clock, start, untilState } = await setUpBackfill(t, {
    company: SMALL_COMPANY,
    faults: { blockedForSeconds: 3_600 }
  })
  const { backfills } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE_PERIOD)
  await eventually(
    'the backfill waits for the end of the block',
    async () => (await backfills.byId(id)).waiting !== null
  )
  const { waiting } = await backfills.byId(id)
  t.equal(waiting?.code, 'MCS_REST_BLOCKED')
  clock.advance((waiting?.until?.getTime() ?? 0) - clock.now().getTime())
  await untilState(backfills, id, { state: 'done' })

  const faulty = await setUpBackfill(t, {
    company: SMALL_COMPANY,
    faults: { answer: 'error', times: 3, path: '/v4/api/journal' }
  })
  const other = faulty.start().backfills
  const {
    backfill: { id: second }
  } = await other.begin(WHOLE_PERIOD)
  await faulty.untilState(other, second, {
    state: 'done',
    onWaiting: ({ code }) => {
      t.equal(code, 'MCS_REST_UNAVAILABLE')
      faulty.clock.advance(15 * 60_000)
    }
  })
})

t.test('a backfill with wrong credentials fails and says why, and resumes when it is requested again', async t => {
  const { accounts, mightyCall, start, untilState } = await setUpBackfill(t, {
    company: SMALL_COMPANY,
    account: { userKeys: { 101: 'a wrong key' } }
  })
  const { backfills } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE_PERIOD)
  const failed = await untilState(backfills, id, { state: 'failed' })
  t.match(failed, {
    failed: { code: 'MCS_REST_AUTH', message: /refuses the credentials/ },
    waiting: null,
    finishedAt: NOW
  })
  t.notMatch(failed.failed?.message, /a wrong key/)
  accounts.replace(accounts.all().map(account => ({ ...account, userKeys: mightyCall.userKeys })))
  t.match(await backfills.begin(WHOLE_PERIOD), { outcome: 'resumed', backfill: { id, state: 'running', failed: null } })
  await untilState(backfills, id, { state: 'done' })
})

t.test('a backfill fails after five unexpected responses to one request', async t => {
  const { clock, start, untilState } = await setUpBackfill(t, {
    company: SMALL_COMPANY,
    faults: { answer: 'html', path: '/v4/api/voicemails' }
  })
  const { backfills } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE_PERIOD)
  const failed = await untilState(backfills, id, { state: 'failed', onWaiting: () => clock.advance(15 * 60_000) })
  t.match(failed, {
    failed: { code: 'MCS_REST_UNEXPECTED' },
    routes: [{ route: 'calls' }, { route: 'voicemails', requests: 5 }, { route: 'journal', requests: 0 }]
  })
})
