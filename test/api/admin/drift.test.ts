import t from 'tap'
import { allPages } from '../../support/all-pages.js'
import { freshDatabase } from '../../support/database.js'
import { ADMIN_API_KEY, queryApi } from '../../support/query-api.js'

interface Page {
  data: { account: string; field: string }[]
  nextCursor: string | null
}

t.test('drift is listed last seen first, in pages and by account, and requires a key', async t => {
  const { pool } = await freshDatabase(t)
  await pool.query(
    `insert into drift
     select account, 'IncomingCall', 'f' || n, n, 'xxx', '2026-11-23T08:00:00Z',
       '2026-11-23T08:00:00Z'::timestamptz + (n / 3) * interval '1 s'
     from generate_series(1, 7) n, unnest(array['a', 'b']) account`
  )
  const api = await queryApi(t, pool, () => new Date())
  const get = (query = '', key = ADMIN_API_KEY) => api.get(`/v1/drift${query}`, key)
  const page = async (query: string) => (await get(query)).json<Page>()

  t.strictSame((await page('?account=b&limit=1')).data, [
    {
      account: 'b',
      type: 'IncomingCall',
      field: 'f7',
      count: 7,
      firstSeenAt: '2026-11-23T08:00:00.000Z',
      lastSeenAt: '2026-11-23T08:00:02.000Z',
      sample: 'xxx'
    }
  ])
  t.strictSame(
    (await page('?account=a')).data.map(row => row.field),
    ['f7', 'f6', 'f5', 'f4', 'f3', 'f2', 'f1']
  )

  const rows = await allPages<Page['data'][number]>(api.get, '/v1/drift', '?limit=4')
  const seen = rows.map(({ account, field }) => account + field)
  t.equal(seen.length, 14)
  t.equal(new Set(seen).size, 14)

  for (const query of ['?limit=0', '?foo=1', '?account=A', '?cursor=abc', '?since=2026-11-23'])
    t.equal((await get(query)).statusCode, 400, query)
  t.equal((await get('', 'wrong')).statusCode, 401)
})
