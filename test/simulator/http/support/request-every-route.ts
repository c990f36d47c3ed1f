import type { Test } from 'tap'
import { HOUR_MS } from '../../../../src/lib/instant.js'
import type { SentRequest } from '../../../mightycall/rest/definitions/check.js'
import type { Kind } from '../../../mightycall/rest/definitions/definition.js'
import { COMPANY_START } from '../../../support/company.js'
import { simulatedMightyCall } from '../../../support/simulated-mightycall.js'

interface Step {
  method?: string
  path: string
  status: number
  body?: unknown
}

const at = (hours: number) => new Date(COMPANY_START + hours * HOUR_MS).toISOString().slice(0, 19)
const ALL_TIME = `startUtc=${at(0)}&endUtc=${at(24 * 30)}&pageSize=1000`
const NOBODY = '0'.repeat(24)
const NOTHING = '00000000-0000-4000-8000-000000000000'

/** Sends valid and invalid requests to every route of a simulated account, and returns them with their responses. */
export async function requestEveryRoute(t: Test, kind: Kind) {
  const { request, signIn, credentials, seen, truth, post } = await signedInClient(t, kind)
  await signIn({ ...credentials, client_secret: 'wrong' })
  t.equal((await request('/api/team')).status, 401)
  const { refresh_token } = await signIn(credentials)
  await signIn({ grant_type: 'refresh_token', refresh_token })
  // each company has one
  const { number } = truth().numbers.find(({ smsEnabled }) => smsEnabled === true) as { number: string }
  for (const { method = 'GET', path, status, body } of stepsOf(kind, number))
    t.equal((await request(path, { method, body })).status, status, `${method} ${path}`)
  await changeContacts(t, kind, request)
  for (const { list, one, idsOf } of [...READ, ...(kind === 'classic' ? CLASSIC_READ : [])]) {
    const ids = idsOf((await request(list)).json as never) // each entry knows the type of its list
    t.ok(ids.length > 1, list)
    for (const id of ids.filter((_, i) => i % 8 === 0)) t.equal((await request(one(id))).status, 200, one(id))
  }
  await post('/faults', { blockedForSeconds: 60 })
  t.equal((await request('/api/calls')).status, 429)
  return seen
}

/** Starts a simulated account and returns a client of its user 101, which records requests and responses. */
async function signedInClient(t: Test, kind: Kind) {
  const simulated = await simulatedMightyCall(t, {
    companyOptions: { family: kind, seed: 11, calls: 200, messages: 80 }
  })
  const seen: { request: Pick<SentRequest, 'method' | 'path'>; response: { status: number; json: unknown } }[] = []
  let token = ''
  const request = async (
    path: string,
    { method = 'GET', body, form }: { method?: string; body?: unknown; form?: Record<string, string> } = {}
  ) => {
    const headers = {
      'x-api-key': simulated.apiKey,
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' })
    }
    const { status, json } = await simulated.get(`/v4${path}`, {
      method,
      headers,
      ...(form && { body: new URLSearchParams(form) }),
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    seen.push({ request: { method, path: path.split('?')[0] ?? '' }, response: { status, json: json() } })
    return { status, json: json() }
  }
  const signIn = async (form: Record<string, string>) => {
    const { json } = await request('/auth/token', { method: 'POST', form })
    token = json.access_token ?? token
    return json
  }
  return {
    ...simulated,
    request,
    signIn,
    seen,
    credentials: {
      grant_type: 'client_credentials',
      client_id: simulated.apiKey,
      client_secret: simulated.userKeys[101] ?? ''
    }
  }
}

const listRoute = (list: string, one: (id: string) => string, idsOf: (json: never) => string[]) => ({
  list,
  one,
  idsOf
})

const READ = [
  listRoute(
    `/api/calls?${ALL_TIME}`,
    id => `/api/calls/${id}`,
    ({ data }: { data: { calls: { id: string }[] } }) => data.calls.map(({ id }) => id)
  ),
  listRoute(
    `/api/voicemails?${ALL_TIME}`,
    id => `/api/voicemails/${id}`,
    ({ data }: { data: { voicemails: { id: string }[] } }) => data.voicemails.map(({ id }) => id)
  ),
  listRoute(
    '/api/phonenumbers',
    number => `/api/phonenumbers/${number.slice(1)}`,
    ({ data }: { data: { phoneNumbers: { number: string }[] } }) => data.phoneNumbers.map(({ number }) => number)
  )
]

const CLASSIC_READ = [
  listRoute(
    '/api/journal/requests?pageSize=1000&showUsers=true&resolveContacts=true',
    id => `/api/journal/requests/${id}`,
    ({ requests }: { requests: { id: string }[] }) => requests.map(({ id }) => id)
  ),
  listRoute(
    '/api/contacts?pageSize=1000',
    id => `/api/contacts/${id}`,
    ({ data }: { data: { contacts: { contactId: string }[] } }) => data.contacts.map(({ contactId }) => contactId)
  )
]

/** Returns requests with pages, filters, missing objects and invalid values. */
function stepsOf(kind: Kind, number: string): Step[] {
  const [journal, contacts, messages] =
    kind === 'classic'
      ? ['/api/journal/requests', '/api/contacts', '/api/messages/send']
      : ['/api/contactCenter/communications', '/api/contactCenter/contacts', '/api/contactcenter/messages/send']
  const valid = [
    '/api/ping',
    '/api/team',
    '/api/profile',
    '/api/profile/102',
    '/api/profile/status',
    '/api/calls',
    '/api/voicemails',
    journal,
    contacts
  ]
    .concat(
      [
        'Incoming',
        'Outgoing',
        'InOutgoing',
        'Connected',
        'Missed',
        'Canceled',
        'Dropped',
        'Voicemail',
        'InternalOnly',
        'CallbackWidget'
      ].map(filter => `/api/calls?${ALL_TIME}&callFilter=${filter}`)
    )
    .concat(
      ['skip=10000', 'extension=101', 'customFilter=+1'].map(query => `/api/calls?${ALL_TIME}&${query}`),
      [`/api/voicemails?${ALL_TIME}&voicemailFilter=UnRead`]
    )
    .concat(
      [
        'page=3&pageSize=7',
        'reverse=true&page=99',
        'type=message',
        'type=call,message&state=missed,voicemail',
        'origin=internal',
        `businessNumber=${number.slice(1)}`,
        'from=2026-11-23T10:00:00Z&to=2026-11-23T11:00:00Z'
      ].map(query => `${journal}?${query}`)
    )
    .concat(
      ['page=2&pageSize=5', 'updatedSince=2020-01-01T00:00:00Z&pageSize=1000', 'includeAuto=true', 'page=99'].map(
        query => `${contacts}?${query}`
      )
    )
  const invalid = [
    `/api/calls/${NOTHING}`,
    `/api/voicemails/${NOTHING}`,
    '/api/phonenumbers/99999999999',
    '/api/profile/999',
    '/api/calls?pageSize=0',
    '/api/calls?startUtc=yesterday&callFilter=Fax',
    '/api/voicemails?skip=-1',
    `${journal}?limit=5`,
    `${journal}?pageSize=1001`,
    `${contacts}?offset=1`,
    `${contacts}?page=0`
  ]
  const posts: Step[] = [
    { method: 'POST', path: '/api/calls/makecall', body: { from: number, to: '+15552100000' }, status: 200 },
    { method: 'POST', path: '/api/calls/makecall', body: { from: '101', to: '+15552100000' }, status: 400 },
    {
      method: 'POST',
      path: messages,
      body: {
        from: number,
        to: ['+15552100000', '+15552100001'],
        message: 'hi',
        attachments: [{ name: 'a.jpg', data: 'AAAA' }]
      },
      status: 200
    },
    { method: 'POST', path: messages, body: { to: ['+15552100000'] }, status: 400 },
    { method: 'POST', path: messages, body: { from: '+15559999999', to: ['+15552100000'] }, status: 403 },
    { method: 'PUT', path: '/api/profile/status/dnd', status: 200 },
    { method: 'PUT', path: '/api/profile/status/away', status: 400 }
  ]
  return [...valid.map(path => ({ path, status: 200 })), ...invalid.map(path => ({ path, status: 400 })), ...posts]
}

type SendRequest = Awaited<ReturnType<typeof signedInClient>>['request']

/** Creates, changes and deletes a contact, with requests that must be refused in between. */
async function changeContacts(t: Test, kind: Kind, ask: SendRequest) {
  const contacts = kind === 'classic' ? '/api/contacts' : '/api/contactCenter/contacts'
  const isClassic = kind === 'classic'
  const send = async (status: number, path: string, method: string, body?: unknown) => {
    const answer = await ask(`${contacts}${path}`, { method, ...(body !== undefined && { body }) })
    t.equal(answer.status, status, `${method} ${contacts}${path}`)
    return answer.json
  }
  await send(isClassic ? 201 : 200, '', 'POST', {
    firstName: 'Dee',
    lastName: 'Orr',
    ...(isClassic
      ? { comment: 'c', patronymic: 'F.', tags: ['vip'], channels: [{ phone: '+13005551122' }] }
      : { initialPhoneNumber: '+13005551122' })
  })
  const { json } = await ask(`${contacts}?phone=%2B13005551122`)
  const [
    {
      contactId,
      etag,
      channels: [{ channelId }]
    }
  ] = json.data.contacts
  await send(400, '', 'POST', { channels: [{ phone: '1' }] })
  await send(200, `/${contactId}?etag=${etag}`, 'PATCH', { lastName: 'Ray' })
  await send(412, `/${contactId}?etag=${etag}`, 'PATCH', { lastName: 'Late' })
  await send(404, `/${NOBODY}`, 'PATCH', {})
  await send(201, `/${contactId}/channels`, 'POST', { email: 'dee@example.com', labels: ['Home'] })
  await send(400, `/${contactId}/channels`, 'POST', { phone: '1' })
  await send(404, `/${NOBODY}/channels`, 'POST', { phone: '+13005551133' })
  await send(404, `/${contactId}/channels/${NOTHING}`, 'PUT', { phone: '+13005551133' })
  if (!isClassic) await send(200, `/${contactId}/channels/${channelId}`, 'PATCH', { labels: [] })
  const { data } = await send(200, `/${contactId}/channels/${channelId}`, 'PUT', { phone: '+13005551133' })
  await send(200, `/${contactId}/channels/${data.channel.channelId}`, 'DELETE')
  await send(404, `/${contactId}/channels/${data.channel.channelId}`, 'DELETE')
  if (isClassic) {
    await send(400, '', 'POST', { contactId })
    await send(400, '', 'POST', { channels: [{ channelId: NOTHING, phone: '+13005551144' }] })
    await send(201, '', 'POST', { channels: [{ phone: '+13005551144' }] })
    await send(409, '?checkIntersection=true', 'POST', { channels: [{ phone: '+13005551144' }] })
    await send(200, `/${contactId}`, 'PUT', { firstName: 'Deanna' })
    await send(200, `/${contactId}`, 'GET')
    await send(404, `/${NOBODY}`, 'GET')
  }
  await send(200, `/${contactId}`, 'DELETE')
  await send(404, `/${contactId}`, 'DELETE')
}
