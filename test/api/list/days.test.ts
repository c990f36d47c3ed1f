import t from 'tap'
import { freshDatabase } from '../../support/database.js'
import { queryApi } from '../../support/query-api.js'

const ZONES: Record<string, string> = { york: 'America/New_York', berlin: 'Europe/Berlin', paris: 'Europe/Paris' }

t.test(
  'days are those of the account, and are rejected for accounts whose days begin at different instants',
  async t => {
    const { pool } = await freshDatabase(t)
    await pool.query(
      `insert into voicemail_logs (account, voicemail_id, left_at)
     select account, account || '-' || hour, '2026-11-23T00:30:00Z'::timestamptz + hour * interval '1 hour'
     from unnest(array['york', 'berlin']) account, unnest(array[-2, -1, 0, 4, 5, 22, 23]) hour`
    )
    const zonesOf = (accounts: readonly string[] = Object.keys(ZONES)) => [
      ...new Set(accounts.map(account => ZONES[account] ?? 'UTC'))
    ]
    const { get } = await queryApi(t, pool, () => new Date('2026-12-01'), {
      zonesOf,
      viewers: { berlin: { actor: 'k', role: 'viewer', account: 'berlin', organization: null } }
    })
    const hours = async (query: string, key?: string) =>
      (await get(`/v1/voicemails?sort=at&${query}`, key))
        .json<{ data: { id: string }[] }>()
        .data.map(({ id }) => id.replace('-', ' '))

    t.strictSame(await hours('account=york&since=2026-11-23&until=2026-11-24'), ['york 5', 'york 22', 'york 23'])
    t.strictSame(await hours('account=berlin&since=2026-11-23&until=2026-11-24'), [
      'berlin -1',
      'berlin 0',
      'berlin 4',
      'berlin 5',
      'berlin 22'
    ])
    t.strictSame(
      await hours('since=2026-11-23&until=2026-11-24', 'berlin'),
      await hours('account=berlin&since=2026-11-23&until=2026-11-24'),
      'the account of a key need not be named'
    )
    t.strictSame(
      await hours('account=berlin&account=paris&until=2026-11-23'),
      ['berlin -2'],
      'their days begin at the same instants'
    )
    for (const url of [
      '/v1/voicemails?since=2026-11-23',
      '/v1/calls?until=2026-11-23',
      '/v1/agents?asOf=2026-11-23',
      '/v1/completeness?since=2026-11-23',
      '/v1/calls?account=york&account=berlin&since=2026-11-23'
    ]) {
      t.match((await get(url)).json(), { statusCode: 400, message: /name one account/ }, url)
    }
    t.equal((await get('/v1/voicemails?since=2026-11-23T00:00:00Z')).statusCode, 200)
  }
)
