import t, { type Test } from 'tap'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { calls } from '../../../src/mightycall/rest/routes/calls.js'
import { SIMULATED_API_KEY } from '../../../src/simulator/notifications.js'
import { COMPANY_START } from '../../support/company.js'
import { simulatedMightyCall, simulatedRest } from '../../support/simulated-mightycall.js'

/** Starts a simulated MightyCall and signs in; `ask` sends a request and returns its status and body. */
async function signedInClient(t: Test, options: Parameters<typeof simulatedMightyCall>[1] = {}) {
  const simulated = await simulatedMightyCall(t, options)
  const headers = { 'x-api-key': simulated.apiKey }
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: SIMULATED_API_KEY,
    client_secret: simulated.userKeys[101] ?? ''
  })
  const token: string = (await simulated.get('/v4/auth/token', { method: 'POST', headers, body: form })).json()
    .access_token
  const ask = async (path: string, init: RequestInit = {}) => {
    const { status, json } = await simulated.get(`/v4/api${path}`, {
      ...init,
      headers: {
        ...headers,
        authorization: `Bearer ${token}`,
        ...(init.body !== undefined && { 'content-type': 'application/json' })
      }
    })
    return { status, ...json() }
  }
  return { ...simulated, ask }
}

const REFUSALS = [
  {
    path: '/journal/requests?limit=5&offset=1',
    status: 400,
    answer: { errorCode: 'FilterParamsMalformed', data: { unsupportedFilters: ['limit', 'offset'] } }
  },
  { path: '/journal/requests?pageSize=1001', status: 400, answer: { errorCode: 'InvalidParameters' } },
  { path: '/journal/requests?type=fax', status: 400, answer: { errorCode: 'InvalidParameters' } },
  { path: '/journal/requests?email=a%40example.com', status: 400, answer: { errorCode: 'InvalidParameters' } },
  {
    path: '/contacts?offset=1',
    status: 400,
    answer: { errorCode: 'FilterParamsMalformed', data: { unsupportedFilters: ['offset'] } }
  },
  { path: '/contacts?updatedSince=yesterday', status: 400, answer: { errorCode: 'InvalidParameters' } },
  {
    path: '/calls?pageSize=0&startUtc=2026-02-30T00:00:00',
    status: 400,
    answer: { modelState: { pageSize: Array, startUtc: Array } }
  },
  { path: '/calls?callFilter=Answered', status: 400, answer: { modelState: { callFilter: Array } } },
  { path: '/calls/0', status: 400, answer: { message: 'Call not found' } },
  { path: '/voicemails/0', status: 400, answer: { message: 'Voicemail not found' } },
  { path: '/phonenumbers/$$$', status: 400, answer: { message: 'Number not found' } },
  { path: '/profile/$$$', status: 400, answer: { message: 'User profile not found' } },
  { path: '/journal/requests/0', status: 400, answer: { errorCode: 'RequestIdHasInvalidFormat' } },
  { path: `/journal/requests/${'0'.repeat(24)}`, status: 404, answer: { errorCode: 'RequestIsNotFound' } },
  { path: '/contacts/0', status: 400, answer: { errorCode: 'ContactIdHasInvalidFormat' } },
  { path: `/contacts/${'0'.repeat(24)}`, status: 404, answer: { errorCode: 'ContactIsNotFound' } },
  { path: '/extensions', status: 404, answer: {} },
  { path: '/contactCenter/contacts', status: 404, answer: {} }
] as const

t.test('undocumented, invalid and unknown values are refused as documented', async t => {
  const { ask } = await signedInClient(t)
  for (const { path, status, answer } of REFUSALS) t.match(await ask(path), { status, ...answer }, path)
  t.match(await ask('/profile/status/away', { method: 'PUT' }), { status: 400, message: 'User status not found' })
  const body = (value: unknown) => ({ method: 'POST', body: JSON.stringify(value) })
  t.match(await ask('/calls/makecall', body({ from: '101', to: '+15552100000' })), {
    status: 400,
    modelState: { 'model.From': ['Invalid phone number format.'] }
  })
  t.match(await ask('/messages/send', body({ to: ['+15552100000'] })), { status: 400, modelState: { from: Array } })
  t.match(await ask('/messages/send', body({ from: '+15559999999', to: ['+15552100000'], message: 'hi' })), {
    status: 403,
    message: 'Failed to send message.'
  })
  t.match(await ask('/contacts', body({ channels: [{ phone: '1' }] })), {
    status: 400,
    errorCode: 'ContactDataMalformed'
  })
  t.match(await ask('/contacts', { method: 'POST', body: '{' }), { status: 400 })
})

t.test('unknown parameters of /calls are ignored, and known ones are case-insensitive', async t => {
  const { ask } = await signedInClient(t, { at: COMPANY_START + 20 * HOUR_MS })
  const { data: all } = await ask('/calls?pageSize=1000&offset=7')
  t.equal(all.total, 60)
  t.equal((await ask('/calls')).data.calls.length, 10, 'a page has ten rows by default')
  t.strictSame(
    (await ask('/calls?PAGESIZE=5&Skip=10')).data.calls.map(({ id }: { id: string }) => id),
    all.calls.slice(10, 15).map(({ id }: { id: string }) => id)
  )
  const incoming = (await ask('/calls?pageSize=1000&callFilter=incoming&callFilter=missed')).data.calls
  t.ok(incoming.length > 0 && incoming.length < 60)
  t.ok(
    incoming.every(
      ({ direction, callStatus }: Record<string, string>) => direction === 'Incoming' && callStatus === 'Missed'
    )
  )
})

t.test('the journal supports the filters and pages that our client uses', async t => {
  const { ask } = await signedInClient(t)
  const { requests } = await ask('/journal/requests?pageSize=1000')
  const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id)
  const pages = await Promise.all([1, 2, 3, 4].map(page => ask(`/journal/requests?pageSize=25&page=${page}`)))
  t.strictSame(
    pages.flatMap(page => idsOf(page.requests)),
    idsOf(requests)
  )
  t.strictSame(idsOf((await ask('/journal/requests?pageSize=1000&reverse=true')).requests), idsOf(requests).reverse())
  const filters: Record<
    string,
    (row: {
      type: string
      origin: string
      state: string
      created: string
      businessNumber: { number: string }
    }) => boolean
  > = {
    'type=message': row => row.type === 'message',
    'type=Call&origin=outbound,callback': row => row.type === 'call' && ['outbound', 'callback'].includes(row.origin),
    'state=voicemail': row => row.state === 'voiceMail',
    [`earliest=${requests[40].created.replace('+00:00', 'Z')}`]: row => row.created >= requests[40].created,
    [`businessNumber=${requests[0].businessNumber.number.slice(1)}`]: row =>
      row.businessNumber.number === requests[0].businessNumber.number
  }
  for (const [filter, isWanted] of Object.entries(filters)) {
    const found = idsOf((await ask(`/journal/requests?pageSize=1000&${filter}`)).requests)
    t.ok(found.length > 0 && found.length < requests.length, filter)
    t.strictSame(found, idsOf(requests.filter(isWanted)), filter)
  }
})

t.test('the journal has the call id of a request, or nil GUIDs with nilGuids', async t => {
  const withGuids = await signedInClient(t)
  const ids = new Set(withGuids.truth().calls.map(call => call.id))
  const { requests } = await withGuids.ask('/journal/requests?pageSize=1000&type=call')
  t.strictSame(new Set(requests.map(({ requestGuid }: { requestGuid: string }) => requestGuid)), ids)
  const withNilGuids = await signedInClient(t, { nilGuids: true })
  const guids = (await withNilGuids.ask('/journal/requests?pageSize=1000')).requests.map(
    ({ requestGuid }: { requestGuid: string }) => requestGuid
  )
  t.strictSame(new Set(guids), new Set(['00000000-0000-0000-0000-000000000000']))
})

t.test('a link to a recording is valid for an hour', async t => {
  const { client, clock, get } = await simulatedRest(t)
  const { body } = await client.send(calls, { query: { startUtc: new Date(COMPANY_START), pageSize: 1000 } }, 'sync')
  const uri = body.calls.find(call => call.callRecord)?.callRecord?.uri ?? ''
  const { pathname, search, hostname } = new URL(uri)
  t.equal(hostname, 'media.mightycall.com')
  t.equal((await get(pathname + search)).headers.get('content-type'), 'audio/wav')
  t.equal((await get(pathname)).status, 403, 'without its signature')
  clock.set(clock.now().getTime() + HOUR_MS)
  t.match(await get(pathname + search), { status: 403, body: /expired/ })
})
