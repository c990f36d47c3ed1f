import t, { type Test } from 'tap'
import { allPages } from '../../support/all-pages.js'
import { COMPANY_START, projectedCompany } from '../../support/company.js'
import { dereference } from '../../support/fuzz/dereference.js'
import { queryApi } from '../../support/query-api.js'

interface Item {
  account: string
  id: string
  [field: string]: unknown
}

const LISTS: [url: string, table: string][] = [
  ['/v1/calls', 'call_history'],
  ['/v1/voicemails', 'voicemail_logs'],
  ['/v1/messages', 'sms_logs'],
  ['/v1/threads', 'sms_threads'],
  ['/v1/numbers', 'phone_numbers'],
  ['/v1/contacts', 'contacts'],
  ['/v1/events', 'events']
]

const company = shared(t)

for (const [url, table] of LISTS) {
  t.test(`${url}: pages have no gaps or duplicates, in both orders`, async t => {
    const { get, count, sortsOf } = await company
    const removed = ['/v1/voicemails', '/v1/messages', '/v1/contacts'].includes(url) ? '&removed=true' : ''
    const [forward, backward] = await Promise.all(
      (await sortsOf(url)).map(sort => allPages<Item>(get, url, `?limit=7&sort=${sort}${removed}`))
    )
    const names = forward?.map(item => `${item.account} ${item.id}`) ?? []
    t.equal(names.length, await count(table))
    t.equal(new Set(names).size, names.length)
    t.strictSame(backward?.map(item => `${item.account} ${item.id}`).reverse(), names)
  })

  t.test(`${url}: a single item is the same as in the list`, async t => {
    const { get } = await company
    const {
      data: [first]
    } = (await get(`${url}?limit=1`)).json<{ data: Item[] }>()
    const query = url === '/v1/events' ? `?kind=${first?.kind}&entity=${encodeURIComponent(String(first?.entity))}` : ''
    t.match((await get(`${url}/${first?.id}${query}`)).json<object>(), first ?? {})
    const ofOtherAccount = await get(`${url}/${first?.id}${query}${query ? '&' : '?'}account=other`)
    t.match(ofOtherAccount.json(), { statusCode: 404, code: 'MCS_NOT_FOUND' })
    for (const id of ['unknown', 'a%00b', '%27;drop%20table%20events--', '00000000-0000-4000-8000-000000000000'])
      t.equal((await get(`${url}/${id}${query}`)).statusCode, 404, id)
  })

  t.test(`${url}: invalid queries are rejected`, async t => {
    const { get } = await company
    const uuid = '00000000-0000-4000-8000-000000000000'
    const forged = [['x'], ['x', 'y', 'z'], ['2026-11-23T08:00:00Z', 'a\u0000', uuid]].map(
      parts => `?cursor=${Buffer.from(JSON.stringify(parts)).toString('base64url')}`
    )
    for (const query of [
      '?limit=0',
      '?limit=501',
      '?foo=1',
      '?sort=id',
      '?account=A%20B',
      '?cursor=abc',
      '?format=xml',
      ...forged
    ]) {
      t.match((await get(`${url}${query}`)).json(), { statusCode: 400, code: 'MCS_INVALID_PARAMETER' }, query)
    }
    t.equal((await get(url, 'wrong')).statusCode, 401)
    const { nextCursor } = (await get(`${url}?limit=1`)).json<{ nextCursor: string }>()
    t.match((await get(`${url}?account=default&cursor=${nextCursor}`)).json(), {
      statusCode: 400,
      message: /another filter/
    })
  })
}

t.test('a cursor with values of the wrong type is rejected, even if its filter matches', async t => {
  const { get } = await company
  for (const url of ['/v1/voicemails', '/v1/events']) {
    const { nextCursor } = (await get(`${url}?limit=1`)).json<{ nextCursor: string }>()
    const [hash, ...position] = JSON.parse(Buffer.from(nextCursor, 'base64url').toString()) as string[]
    for (const parts of [[hash, 'yesterday', ...position.slice(1)], [hash, ...position, 'x'], [hash]]) {
      t.equal(
        (await get(`${url}?limit=1&cursor=${Buffer.from(JSON.stringify(parts)).toString('base64url')}`)).statusCode,
        400,
        url
      )
    }
  }
})

/** Sets up a company for all lists. No test changes it. */
async function shared(t: Test) {
  const { pool } = await projectedCompany(t, { calls: 120, messages: 60, contacts: 20 })
  const { app, get } = await queryApi(t, pool, () => new Date(COMPANY_START + 24 * 3_600_000))
  const count = async (table: string) =>
    Number((await pool.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count)
  const sortsOf = async (url: string) => {
    const { paths } = dereference(
      (await app.inject('/docs/json')).json<{
        paths: Record<string, { get: { parameters: { name: string; schema: { enum?: string[] } }[] } }>
      }>()
    )
    return paths[url]?.get.parameters.find(({ name }) => name === 'sort')?.schema.enum ?? []
  }
  return { get, count, sortsOf }
}
