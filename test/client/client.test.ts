import t from 'tap'
import { ApiError, createClient } from '../../src/client/client.js'
import { projectedCompany } from '../support/company.js'
import { START } from '../support/history.js'
import { API_KEY, queryApi } from '../support/query-api.js'

t.test(
  'the client asks the real API, with parameters in the path, the query and the body, and knows the types of the answers',
  async t => {
    const { pool } = await projectedCompany(t)
    const { app } = await queryApi(t, pool, () => new Date(START + 48 * 3_600_000))
    const baseUrl = await app.listen({ port: 0, host: '127.0.0.1' })
    const client = createClient({ baseUrl, key: API_KEY })

    const {
      data: [call]
    } = await client.get('/v1/calls', { query: { limit: 1, direction: ['inbound', 'outbound'] } })
    const id: string = call?.id ?? ''
    t.equal((await client.get('/v1/calls/{id}', { path: { id } })).id, id)
    const {
      totals: [total]
    } = await client.get('/v1/stats/calls', { query: { since: '2026-11-23', bucket: 'hour' } })
    const rate: number | null | undefined = total?.answerRate
    t.type(rate, 'number')
    t.match(await client.get('/v1/agents'), { data: Array })
    t.match(await client.patch('/v1/settings', { body: { clock: '12h' } }), { clock: '12h' })
    t.match(await client.post('/v1/projector/resume'), { changed: false })
  }
)

t.test('a refusal is an error with its code', async t => {
  const { pool } = await projectedCompany(t, { calls: 1 })
  const { app } = await queryApi(t, pool, () => new Date(START))
  const baseUrl = await app.listen({ port: 0, host: '127.0.0.1' })
  const refused = createClient({ baseUrl, key: API_KEY }).get('/v1/calls/{id}', { path: { id: 'a/b' } })
  await t.rejects(refused, { statusCode: 404, code: 'MCS_NOT_FOUND', message: 'there is no such call' })
  await refused.catch(err => t.type(err, ApiError))
  await t.rejects(createClient({ baseUrl }).get('/v1/calls'), { statusCode: 401, code: 'MCS_UNAUTHORIZED' })
  // @ts-expect-error there is no such parameter
  await t.rejects(createClient({ baseUrl, key: API_KEY }).get('/v1/calls', { query: { colour: 'red' } }), {
    statusCode: 400
  })
  // @ts-expect-error there is no such path
  await t.rejects(createClient({ baseUrl, key: API_KEY }).get('/v1/secrets'), { statusCode: 404 })
})
