import t from 'tap'
import { ACCOUNT } from '../reconcile/support/recording-reader.js'
import { allPages } from '../support/all-pages.js'
import { FOREIGN_RECORD, insertUndecodableLetters, setUpDeadLetters } from '../support/dead-letters.js'
import { BUSINESS_NUMBER } from '../support/documented-notifications.js'
import { history } from '../support/history.js'
import { NOW } from '../support/projection.js'
import { queryApi } from '../support/query-api.js'

interface Page {
  data: { id: string; action: string; actor: string; account: string | null; subject: string | null; details: object }[]
  nextCursor: string | null
}

t.test(
  'the audit log records each change with its actor, and lists the newest first, in pages and by filter',
  async t => {
    const { pool } = await setUpDeadLetters(t, history('IncomingCall'))
    await insertUndecodableLetters(pool, [FOREIGN_RECORD], 1)
    let now = NOW
    const { get, post, patch, remove } = await queryApi(t, pool, () => now)
    const { id: organization } = (await post('/v1/organizations', { account: 'acme', name: 'Acme' })).json<{
      id: string
    }>()
    await patch(`/v1/organizations/${organization}`, { name: 'Acme Ltd' })
    await post(`/v1/organizations/${organization}/numbers`, { number: BUSINESS_NUMBER, from: '2026-01-01' })
    await remove(`/v1/organizations/${organization}/numbers/${encodeURIComponent(BUSINESS_NUMBER)}`)
    const { id, key } = (await post('/v1/keys', { label: 'x', role: 'platform_admin', account: 'acme' })).json<{
      id: string
      key: string
    }>()
    now = new Date(NOW.getTime() + 1)
    await remove(`/v1/keys/${id}`)
    await remove(`/v1/keys/${id}`)
    await pool.query(
      `insert into projector_stops
       (consumer_group, log_id, topic, partition, last_offset, records, failed, code, stopped_at)
     values ('g', 'log-1', 'calls', 0, 1, 20, 20, 'x', now())`
    )
    for (const path of [
      '/v1/dead-letters/1/redrive',
      '/v1/dead-letters/2/redrive',
      '/v1/dead-letters/2/discard',
      '/v1/projector/resume',
      '/v1/projector/resume',
      '/v1/failed-entities/refold'
    ])
      await post(path)

    const seen = await allPages<Page['data'][number]>(get, '/v1/audit', '?limit=4')
    t.strictSame(seen.map(({ action, account, subject }) => [action, account, subject]).reverse(), [
      ['organization.created', 'acme', organization],
      ['organization.renamed', 'acme', organization],
      ['number.given', 'acme', BUSINESS_NUMBER],
      ['number.ended', 'acme', BUSINESS_NUMBER],
      ['key.created', 'acme', id],
      ['key.revoked', 'acme', id],
      ['dead-letter.redriven', null, '1'],
      ['dead-letter.refused', null, '2'],
      ['dead-letter.discarded', null, '2'],
      ['projector.resumed', null, 'g'],
      ['failed-entities.refolded', null, null]
    ])
    t.strictSame(new Set(seen.map(({ actor }) => actor)), new Set(['admin']))
    t.notMatch(JSON.stringify(seen), new RegExp(`${key}|5559371200|hello|Acme`))
    const actions = async (query: string) =>
      (await get(`/v1/audit?${query}`)).json<Page>().data.map(({ action }) => action)
    t.strictSame(await actions('action=key.created&action=key.revoked'), ['key.revoked', 'key.created'])
    t.strictSame(await actions(`since=${now.toISOString()}&account=acme`), ['key.revoked'])
    t.equal((await actions(`until=${now.toISOString()}`)).length, 5)
    t.strictSame(await actions('actor=unknown'), [])
    for (const query of ['cursor=abc', 'action=%27', 'foo=1'])
      t.equal((await get(`/v1/audit?${query}`)).statusCode, 400, query)
  }
)

t.test('a change and its audit entry are rolled back together', async t => {
  const { pool } = await setUpDeadLetters(t, history('IncomingCall'))
  const { post, get } = await queryApi(t, pool, () => NOW)
  await pool.query("alter table audit_log add check (action <> 'key.created')")
  t.equal((await post('/v1/keys', { label: 'x', role: 'viewer' })).statusCode, 500)
  t.equal((await get('/v1/keys')).json<Page>().data.length, 0, 'the key was not created')
})

t.test('the admin of an account sees and repairs that account only', async t => {
  const { pool, letters } = await setUpDeadLetters(
    t,
    history('IncomingCall > IncomingCallRinging(101) > IncomingCallCompleted')
  )
  // not 1, 2 and 3 when a batch was tried again: an attempt that is rolled back uses up numbers
  const [own, ...hidden] = (await pool.query<{ id: string }>('select id from dead_letters order by id')).rows
  await pool.query("update dead_letters set account = case id when $1 then 'acme' when $2 then 'globex' end", [
    own?.id,
    hidden[0]?.id
  ])
  await pool.query(
    `insert into entities (account, kind, entity, fold_version, failed)
     select account, 'call', 'none', 1, 'fold' from unnest(array['acme', 'globex']) account`
  )
  await pool.query(
    `insert into drift (account, type, field, count, first_seen_at, last_seen_at, sample)
     select account, 'X', '', 1, now(), now(), 'x' from unnest(array['acme', 'globex']) account`
  )
  const { get, post } = await queryApi(t, pool, () => NOW, {
    accounts: ['acme', 'globex'].map(id => ({ id, apiKey: `the-key-of-${id}` }))
  })
  const { key } = (await post('/v1/keys', { label: 'x', role: 'platform_admin', account: 'acme' })).json<{
    key: string
  }>()
  await post('/v1/organizations', { account: 'globex', name: 'G' })
  for (const path of ['dead-letters', 'failed-entities', 'drift', 'quota', 'audit', 'keys']) {
    for (const query of ['', path === 'failed-entities' ? '' : '?account=globex&account=acme']) {
      const accounts = (await get(`/v1/${path}${query}`, key)).json<Page>().data.map(({ account }) => account)
      t.strictSame(new Set(accounts), new Set(['acme']), path + query)
    }
  }
  const { hours } = (await get('/v1/completeness?account=globex', key)).json<{ hours: unknown[] }>()
  t.strictSame(hours, [])
  t.equal(hidden.length, 2)
  for (const { id } of hidden) {
    for (const path of [`/v1/dead-letters/${id}/redrive`, `/v1/dead-letters/${id}/discard`])
      t.equal((await post(path, undefined, key)).statusCode, 404, path)
    t.equal((await get(`/v1/dead-letters/${id}`, key)).statusCode, 404)
  }
  t.equal((await post(`/v1/dead-letters/${own?.id}/redrive`, undefined, key)).statusCode, 200)
  t.strictSame(
    (await letters()).map(({ state }) => state),
    ['redriven', 'dead', 'dead']
  )
  t.match((await post('/v1/failed-entities/refold', undefined, key)).json(), { entities: 1 })
  t.equal((await post('/v1/projector/resume', undefined, key)).statusCode, 403, 'the projector serves all accounts')
})

t.test('the admin of an account backfills that account only', async t => {
  const { pool } = await setUpDeadLetters(t, [])
  const accounts = ['acme', 'globex'].map(id => ({ ...ACCOUNT, id }))
  const { get, post, remove } = await queryApi(t, pool, () => NOW, { syncable: () => accounts, wake: () => {} })
  const { key, id } = (await post('/v1/keys', { label: 'x', role: 'platform_admin', account: 'acme' })).json<{
    key: string
    id: string
  }>()
  const startBackfill = async (payload: object, key?: string) =>
    (await post('/v1/backfills', { since: '2026-10-01', ...payload }, key)).json<{ backfill: { id: string } }>()
  const other = (await startBackfill({ account: 'globex' })).backfill.id
  const own = (await startBackfill({}, key)).backfill.id
  t.equal((await post('/v1/backfills', { since: '2026-10-01', account: 'globex' }, key)).statusCode, 404)
  t.strictSame(
    (await get('/v1/backfills', key)).json<Page>().data.map(({ id }) => id),
    [own]
  )
  t.strictSame((await get('/v1/backfills?account=globex', key)).json<Page>().data, [])
  t.strictSame(
    [
      await get(`/v1/backfills/${other}`, key),
      await remove(`/v1/backfills/${other}`, key),
      await remove(`/v1/backfills/${own}`, key)
    ].map(({ statusCode }) => statusCode),
    [404, 404, 200]
  )
  t.strictSame(
    (await get(`/v1/audit?actor=${id}`)).json<Page>().data.map(({ action, account }) => [action, account]),
    [
      ['backfill.stopped', 'acme'],
      ['backfill.begun', 'acme']
    ]
  )
})
