import t from 'tap'
import { createApiClient } from '../../src/client/client.js'
import { projectedCompany } from '../support/company.js'
import { START } from '../support/history.js'
import { ADMIN_API_KEY, queryApi } from '../support/query-api.js'

t.test(
  'the client sends parameters in the path, the query and the body, and knows the types of the responses',
  async t => {
    const { pool } = await projectedCompany(t)
    const { app } = await queryApi(t, pool, () => new Date(START + 48 * 3_600_000))
    const baseUrl = await app.listen({ port: 0, host: '127.0.0.1' })
    const client = createApiClient({ baseUrl, key: ADMIN_API_KEY })

    const calls = await client.GET('/v1/calls', { params: { query: { limit: 1, direction: ['inbound', 'outbound'] } } })
    const id: string = calls.data?.data[0]?.id ?? ''
    const call = await client.GET('/v1/calls/{id}', { params: { path: { id } } })
    t.equal(call.data?.id, id)
    const stats = await client.GET('/v1/stats/calls', { params: { query: { since: '2026-11-23', bucket: 'hour' } } })
    const rate: number | null | undefined = stats.data?.totals[0]?.answerRate
    t.type(rate, 'number')
    t.match((await client.GET('/v1/agents')).data, { data: Array })
    t.match((await client.PATCH('/v1/settings', { body: { clock: '12h' } })).data, { clock: '12h' })
    t.match((await client.POST('/v1/projector/resume')).data, { changed: false })
  }
)

t.test('a rejected request resolves with its status and an error with a code', async t => {
  const { pool } = await projectedCompany(t, { calls: 1 })
  const { app } = await queryApi(t, pool, () => new Date(START))
  const baseUrl = await app.listen({ port: 0, host: '127.0.0.1' })
  const client = createApiClient({ baseUrl, key: ADMIN_API_KEY })

  const unknown = await client.GET('/v1/calls/{id}', { params: { path: { id: 'a/b' } } })
  const code: string | undefined = unknown.error?.code
  t.equal(code, 'MCS_NOT_FOUND')
  t.match(unknown, { data: undefined, error: { message: 'there is no such call' }, response: { status: 404 } })
  const anonymous = await createApiClient({ baseUrl }).GET('/v1/calls')
  t.match(anonymous, { error: { code: 'MCS_UNAUTHORIZED' }, response: { status: 401 } })
  // @ts-expect-error there is no such parameter
  const wrong = await client.GET('/v1/calls', { params: { query: { colour: 'red' } } })
  t.equal(wrong.response.status, 400)
  // @ts-expect-error there is no such path
  t.equal((await client.GET('/v1/secrets')).response.status, 404)
})

t.test('the client rejects when it gets no response', async t => {
  await t.rejects(createApiClient({ baseUrl: 'http://127.0.0.1:1' }).GET('/v1/calls'), { message: 'fetch failed' })
})
