import t from 'tap'
import { DAY_MS } from '../../../src/lib/instant.js'
import { backfilling, comparedWith, NOW, WHOLE } from '../../support/backfilling.js'
import { eventually } from '../../support/eventually.js'

t.test('when its share of the quota is spent it waits until the ledger has more, and goes on', async t => {
  // 6 for a backfill: one for the token
  const { clock, mightyCall, start, untilState, rows } = await backfilling(t, { budget: 9 })
  const { backfills } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE)
  const waits = async () => (await backfills.byId(id)).waiting?.code === 'MCS_QUOTA'
  await eventually('it waits', waits)
  const { waiting, state, routes } = await backfills.byId(id)
  t.match(
    { waiting, state },
    { waiting: { code: 'MCS_QUOTA', until: new Date(NOW.getTime() + DAY_MS) }, state: 'running' }
  )
  t.equal(
    routes.reduce((sum, { requests }) => sum + requests, 0),
    5
  )
  t.equal((await rows('select from quota_permits')).length, 6, 'and asks nothing meanwhile')
  await eventually(
    'it has gone on, day after day',
    async () => {
      if (await waits()) clock.advance(DAY_MS)
      return (await backfills.byId(id)).state === 'done'
    },
    30_000
  )
  t.ok(clock.now().getTime() >= NOW.getTime() + DAY_MS)
  t.equal((await untilState(backfills, id, 'done')).waiting, null)
  const { found, wanted } = await comparedWith(mightyCall.truth(), rows)
  t.strictSame(found, wanted)
})

t.test('one permit at a time is enough: no page is asked for twice', async t => {
  const { clock, start, rows } = await backfilling(t, { budget: 4 })
  const { backfills } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE)
  await eventually(
    'it is done',
    async () => {
      const { state, waiting } = await backfills.byId(id)
      if (waiting) clock.advance(DAY_MS / 2)
      return state === 'done'
    },
    30_000
  )
  const { routes } = await backfills.byId(id)
  t.equal(
    routes.reduce((sum, { requests }) => sum + requests, 0),
    9,
    'three routes, of a day, of two quiet ones at once, and of what is left'
  )
  t.ok((await rows('select from events')).length > 0)
})

t.test('a block is waited for until MightyCall says, and so is a MightyCall that does not serve', async t => {
  const { clock, start, untilState } = await backfilling(t, { faults: { blockedForSeconds: 3_600 } })
  const { backfills } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE)
  await eventually('it waits', async () => (await backfills.byId(id)).waiting !== null)
  const { waiting } = await backfills.byId(id)
  t.equal(waiting?.code, 'MCS_REST_BLOCKED')
  clock.advance((waiting?.until?.getTime() ?? 0) - clock.now().getTime())
  await untilState(backfills, id, 'done')

  const faulty = await backfilling(t, { faults: { answer: 'error', times: 3, path: '/v4/api/journal' } })
  const other = faulty.start().backfills
  const {
    backfill: { id: second }
  } = await other.begin(WHOLE)
  await eventually('it is done in the end', async () => {
    const { state, waiting } = await other.byId(second)
    if (waiting) {
      t.equal(waiting.code, 'MCS_REST_UNAVAILABLE')
      faulty.clock.advance(15 * 60_000)
    }
    return state === 'done'
  })
})

t.test('a wrong secret is a failure that says so, and asking again goes on where it was', async t => {
  const { accounts, mightyCall, start, untilState } = await backfilling(t, {
    account: { userKeys: { 101: 'a wrong key' } }
  })
  const { backfills } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE)
  const failed = await untilState(backfills, id, 'failed')
  t.match(failed, {
    failed: { code: 'MCS_REST_AUTH', message: /refuses the credentials/ },
    waiting: null,
    finishedAt: NOW
  })
  t.notMatch(failed.failed?.message, /a wrong key/)
  accounts.replace(accounts.all().map(account => ({ ...account, userKeys: mightyCall.userKeys })))
  t.match(await backfills.begin(WHOLE), { outcome: 'resumed', backfill: { id, state: 'running', failed: null } })
  await untilState(backfills, id, 'done')
})

t.test('an answer that stays as it should not be is a failure after five tries', async t => {
  const { clock, start } = await backfilling(t, { faults: { answer: 'html', path: '/v4/api/voicemails' } })
  const { backfills } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE)
  await eventually('it has failed', async () => {
    const { state, waiting } = await backfills.byId(id)
    if (waiting) clock.advance(15 * 60_000)
    return state === 'failed'
  })
  t.match(await backfills.byId(id), {
    failed: { code: 'MCS_REST_UNEXPECTED' },
    routes: [{ route: 'calls' }, { route: 'voicemails', requests: 5 }, { route: 'journal', requests: 0 }]
  })
})
