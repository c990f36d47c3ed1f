import t, { type Test } from 'tap'
import type { WholeLetter } from '../../../src/api/admin/find-dead-letters.js'
import { encodeEvent } from '../../../src/events/record.js'
import { allPages } from '../../support/all-pages.js'
import { FOREIGN_RECORD, insertUndecodableLetters, setUpDeadLetters } from '../../support/dead-letters.js'
import { history } from '../../support/history.js'
import { NOW } from '../../support/projection.js'
import { ADMIN_API_KEY, queryApi } from '../../support/query-api.js'

interface Page {
  data: { id: string; state: string }[]
  nextCursor: string | null
}

async function api(t: Test, events = history('IncomingCall')) {
  const database = await setUpDeadLetters(t, events)
  const { get, post } = await queryApi(t, database.pool, () => NOW)
  return { ...database, get, post, page: async (query = '') => (await get(`/v1/dead-letters${query}`)).json<Page>() }
}

t.test('dead letters are listed newest first, in pages and by filter, without their content', async t => {
  const { pool, page, get } = await api(
    t,
    history('IncomingCall > IncomingCallRinging(101) > IncomingCallConnected(101)')
  )
  await pool.query("update dead_letters set died_at = died_at + interval '1 s' where id = 1")
  await pool.query(
    "update dead_letters set account = 'acme', topic = 'messages', code = '23514', state = 'discarded' where id = 2"
  )
  t.strictSame(
    (await page()).data.map(({ id }) => id),
    ['1', '3', '2']
  )
  t.strictSame((await page('?account=acme&topic=messages&code=23514&state=discarded')).data, [
    {
      id: '2',
      state: 'discarded',
      topic: 'messages',
      partition: 0,
      offset: 1,
      account: 'acme',
      code: '23514',
      reason: 'the record cannot be decoded: its type is unknown',
      diedAt: NOW.toISOString()
    }
  ])
  t.strictSame(
    (await page('?accountUnknown=true')).data.map(({ id }) => id),
    ['1', '3']
  )
  t.strictSame(
    (await page('?state=dead&state=redriven&topic=calls')).data.map(({ id }) => id),
    ['1', '3']
  )
  const seen = await allPages<Page['data'][number]>(get, '/v1/dead-letters', '?limit=1')
  t.strictSame(
    seen.map(({ id }) => id),
    ['1', '3', '2']
  )
  for (const query of ['?topic=nothing', '?state=lost', '?foo=1', '?cursor=abc', "?code='", '?account=A'])
    t.equal((await get(`/v1/dead-letters${query}`)).statusCode, 400, query)
  t.equal((await get('/v1/dead-letters', 'wrong')).statusCode, 401)
})

t.test('a single dead letter shows its whole content, decoded as far as possible', async t => {
  const { pool, get } = await api(t)
  const [event] = history('IncomingCall')
  const deep = Buffer.from(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`)
  await insertUndecodableLetters(
    pool,
    [
      FOREIGN_RECORD,
      { ...FOREIGN_RECORD, value: Buffer.from([0xff, 0]) },
      { key: null, value: null, headers: {} } as unknown as typeof FOREIGN_RECORD, // a tombstone has neither
      { ...FOREIGN_RECORD, value: deep }
    ],
    1
  )
  const show = async (id: number) => (await get(`/v1/dead-letters/${id}`)).json<WholeLetter>()
  t.match(await show(1), {
    recordId: 'digest-0',
    logId: 'log-1',
    key: 'default:call-1',
    headers: { ce_type: 'call.started' },
    encoding: 'json',
    value: event && JSON.parse(encodeEvent(event).value.toString()),
    history: []
  })
  t.match(await show(2), { key: 'default:+15559371200', encoding: 'text', value: 'from +15559371200: hello' })
  t.match(await show(3), { encoding: 'base64', value: '/wA=' })
  t.match(await show(4), { key: null, encoding: null, value: null })
  t.match(await show(5), { encoding: 'text', value: deep.toString() })
  t.equal((await get('/v1/dead-letters/999')).statusCode, 404)
  t.equal((await get('/v1/dead-letters/x')).statusCode, 400)
})

t.test('dead letters are redriven and discarded by request, and the actor is recorded', async t => {
  const { pool, get, post } = await api(t)
  await insertUndecodableLetters(pool, [FOREIGN_RECORD], 1)
  t.match((await post('/v1/dead-letters/1/redrive')).json(), { state: 'redriven', changed: true, foldFailed: false })
  t.match((await post('/v1/dead-letters/1/redrive')).json(), { state: 'redriven', changed: false })
  t.match((await post('/v1/dead-letters/1/discard')).json(), { statusCode: 409, code: 'MCS_LETTER_REDRIVEN' })
  const refused = await post('/v1/dead-letters/2/redrive')
  t.match(refused.json(), {
    statusCode: 422,
    code: 'MCS_STILL_DEAD',
    error: 'Unprocessable Entity',
    message: /its value is not JSON \(MCS_UNDECODABLE_RECORD\)/
  })
  t.notMatch(refused.body, /5559371200/)
  t.match((await post('/v1/dead-letters/2/discard', { reason: 'not ours' })).json(), {
    state: 'discarded',
    changed: true
  })
  t.match((await post('/v1/dead-letters/2/discard')).json(), { state: 'discarded', changed: false })
  t.match((await get('/v1/dead-letters/2')).json<WholeLetter>().history, [
    { action: 'refused', by: 'admin', at: NOW.toISOString(), code: 'MCS_UNDECODABLE_RECORD' },
    { action: 'discarded', by: 'admin', code: null, reason: 'not ours' }
  ])
  t.equal((await post('/v1/dead-letters/2/discard', { why: 'x' })).statusCode, 400)
  t.equal((await post('/v1/dead-letters/999/redrive')).statusCode, 404)
})

t.test('a redrive requires a valid key', async t => {
  const { pool } = await setUpDeadLetters(t, history('IncomingCall'))
  const { app } = await queryApi(t, pool, () => NOW)
  for (const key of ['', 'wrong', `${ADMIN_API_KEY}x`])
    t.equal(
      (
        await app.inject({
          method: 'POST',
          url: '/v1/dead-letters/1/redrive',
          headers: { authorization: `Bearer ${key}` }
        })
      ).statusCode,
      401
    )
  t.match((await pool.query('select state from dead_letters')).rows, [{ state: 'dead' }])
})
