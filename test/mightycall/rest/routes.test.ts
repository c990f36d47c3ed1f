import t from 'tap'
import { call, calls } from '../../../src/mightycall/rest/routes/calls.js'
import { createContactCenterContact } from '../../../src/mightycall/rest/routes/contacts.js'
import { journalRequest } from '../../../src/mightycall/rest/routes/journal.js'
import { ping } from '../../../src/mightycall/rest/routes/team.js'
import { ACCOUNT_API_KEY, setUpRestClient } from '../../support/mightycall-api.js'
import { REQUESTS } from '../../support/rest-requests.js'

for (const [kind, cases] of REQUESTS) {
  t.test(
    `each route of a ${kind} account sends the documented request and reads the documented response without drift`,
    async t => {
      const { client, seen, drifts } = await setUpRestClient(t, { kind })
      for (const { route, input, sends, query = '', body } of cases) {
        await client.send(route, input, 'action')
        const last = seen.at(-1)
        t.strictSame(
          [last?.route, last?.query, last?.body],
          [sends, query, body === undefined ? '' : JSON.stringify(body)]
        )
        t.match(last?.headers, { authorization: 'Bearer token-1', 'x-api-key': ACCOUNT_API_KEY }, sends)
      }
      t.strictSame(drifts, [])
      t.equal(seen.filter(({ route }) => route === 'POST /auth/token').length, 1, 'one token')
    }
  )
}

t.test('each request and each failure is observed by its route, without its values', async t => {
  const [exchanges, failures]: [string[], string[]] = [[], []]
  const { client } = await setUpRestClient(t, {
    observer: {
      onExchange: ({ route, status }) => exchanges.push(`${route} ${status}`),
      onFailure: ({ route, code }) => failures.push(`${route} ${code}`)
    },
    replies: { 'GET /api/ping': response => response.socket?.destroy() }
  })
  await t.rejects(client.send(call, { path: { id: 'unknown' } }, 'sync'))
  await t.rejects(client.send(ping, {}, 'sync'))
  t.strictSame(exchanges, ['POST /auth/token 200', 'GET /calls/{id} 404', 'GET /ping null'])
  t.strictSame(failures, ['GET /calls/{id} MCS_REST_NOT_FOUND', 'GET /ping MCS_REST_UNAVAILABLE'])
})

t.test('ping needs no credentials and no permit', async t => {
  const { client, seen } = await setUpRestClient(t, { apiKey: null, budget: 0 })
  t.equal((await client.send(ping, {}, 'sync')).body, '3')
  t.equal(seen[0]?.headers.authorization, undefined)
})

t.test('invalid input, and a route that the kind of account does not have, are refused without a request', async t => {
  const { client, rest, account, seen } = await setUpRestClient(t)
  await t.rejects(client.send(calls, { query: { pageSize: 1001 } }, 'sync'), {
    code: 'MCS_REST_REFUSED',
    message: /GET \/calls$/
  })
  await t.rejects(client.send(call, { path: { id: '../profile' } }, 'sync'), { code: 'MCS_REST_REFUSED' })
  await t.rejects(client.send(calls, { query: { startUtc: new Date(Number.NaN) } }, 'sync'), {
    code: 'MCS_REST_REFUSED'
  })
  await t.rejects(client.send(createContactCenterContact, { body: {} }, 'action'), {
    code: 'MCS_REST_REFUSED',
    message: /a classic account has no/
  })
  await t.rejects(
    rest.clientOf({ ...account, kind: 'contact-center' }, '101').send(journalRequest, { path: { id: 'a' } }, 'sync'),
    { code: 'MCS_REST_REFUSED' }
  )
  t.strictSame(seen, [])
})
