import t from 'tap'
import * as callRoutes from '../../../src/mightycall/rest/routes/calls.js'
import * as channelRoutes from '../../../src/mightycall/rest/routes/channels.js'
import * as contactRoutes from '../../../src/mightycall/rest/routes/contacts.js'
import * as journalRoutes from '../../../src/mightycall/rest/routes/journal.js'
import * as messageRoutes from '../../../src/mightycall/rest/routes/messages.js'
import * as numberRoutes from '../../../src/mightycall/rest/routes/phone-numbers.js'
import * as profileRoutes from '../../../src/mightycall/rest/routes/profile.js'
import * as pingRoutes from '../../../src/mightycall/rest/routes/team.js'
import * as teamRoutes from '../../../src/mightycall/rest/routes/team.js'
import * as voicemailRoutes from '../../../src/mightycall/rest/routes/voicemails.js'
import { ROUTE_READERS } from '../../../src/reconcile/routes/all-routes.js'
import { numbersReader } from '../../../src/reconcile/routes/numbers.js'
import { DOCUMENTED_RESPONSES } from '../../support/documented-responses.js'
import { json, type RecordedRequest, setUpRestClient } from '../../support/mightycall-api.js'
import { REQUESTS } from '../../support/rest-requests.js'
import { setUpReaders } from '../../support/route-readers.js'
import {
  DEFINITIONS,
  definitionOf,
  requestName,
  requestProblems,
  responseProblems,
  type SentRequest
} from './definitions/check.js'

const MODULES = [
  callRoutes,
  channelRoutes,
  contactRoutes,
  journalRoutes,
  messageRoutes,
  numberRoutes,
  pingRoutes,
  profileRoutes,
  teamRoutes,
  voicemailRoutes
]
const ALL = new Set<unknown>(
  MODULES.flatMap(module => Object.values<unknown>(module)).filter(
    value => typeof value === 'object' && value !== null && 'paths' in value
  )
)

const toSentRequest = ({ route, ...rest }: RecordedRequest): SentRequest => {
  const [method = '', path = ''] = route.split(' ')
  return { method, path, ...rest }
}

const sentRequest = (method: string, pathAndQuery: string, body?: unknown): SentRequest => {
  const [path = '', query = ''] = pathAndQuery.split('?')
  return {
    method,
    path,
    query,
    body: body === undefined ? '' : JSON.stringify(body),
    headers: {
      authorization: 'Bearer x',
      'x-api-key': 'k',
      ...(body !== undefined && { 'content-type': 'application/json' })
    }
  }
}

t.test(
  "every request of our client matches MightyCall's definitions, and every route and definition is covered",
  async t => {
    const tried = new Set<unknown>([
      pingRoutes.ping,
      ...REQUESTS.flatMap(([, cases]) => cases.map(({ route }) => route))
    ])
    t.equal([...ALL].filter(route => !tried.has(route)).length, 0, 'every route was tried')
    const used = new Set<unknown>()
    for (const [kind, cases] of REQUESTS) {
      const { client, seen } = await setUpRestClient(t, { kind })
      for (const { route, input } of cases) await client.send(route, input, 'action')
      await client.send(pingRoutes.ping, {}, 'action')
      for (const one of seen.map(toSentRequest)) {
        t.strictSame(requestProblems(kind, one), [], `${kind} ${requestName(one)}`)
        used.add(definitionOf(kind, one))
      }
    }
    t.strictSame(DEFINITIONS.filter(definition => !used.has(definition)).map(requestName), [])
  }
)

t.test('the requests of reconciliation and a token refresh match the definitions', async t => {
  for (const kind of ['classic', 'contact-center'] as const) {
    const none = json({ data: { contacts: [], records: 0 } })
    const { account, read, seen, advance } = await setUpReaders(t, {
      kind,
      replies: {
        'GET /api/contacts': none,
        'GET /api/contactCenter/contacts': none,
        'GET /api/profile/101': json({ data: { firstName: 'Ann' }, isSuccess: true })
      }
    })
    for (const reader of ROUTE_READERS) {
      for (const scope of reader.scopes(account)) await read(reader, { scope })
    }
    advance(86_390_000)
    await read(numbersReader)
    t.match(seen.filter(({ route }) => route === 'POST /auth/token').at(-1)?.body, /grant_type=refresh_token/)
    for (const one of seen.map(toSentRequest)) t.strictSame(requestProblems(kind, one), [], requestName(one))
  }
})

t.test('the documented examples match the definitions', t => {
  for (const [route, answer] of Object.entries(DOCUMENTED_RESPONSES)) {
    const [method = '', path = ''] = route.split(' ')
    const kind = definitionOf('classic', { method, path }) ? 'classic' : 'contact-center'
    if (!definitionOf(kind, { method, path })) continue // an example for both kinds of account
    const status =
      method === 'POST' && /contacts$|channels$/.test(path) && !path.endsWith('contactCenter/contacts') ? 201 : 200
    t.strictSame(responseProblems(kind, { method, path }, { status, json: answer }), [], route)
  }
  t.end()
})

const INVALID: { name: string; of: SentRequest; says: RegExp }[] = [
  { name: 'an unknown path', of: sentRequest('GET', '/api/extensions'), says: /no route/ },
  { name: 'another method', of: sentRequest('POST', '/api/calls'), says: /no route/ },
  {
    name: 'an unknown parameter',
    of: sentRequest('GET', '/api/journal/requests?limit=5'),
    says: /no parameter limit/
  },
  { name: 'an unknown value', of: sentRequest('GET', '/api/calls?callFilter=Answered'), says: /callFilter/ },
  {
    name: 'a time with a zone where none is allowed',
    of: sentRequest('GET', '/api/calls?startUtc=2026-11-23T08:00:00Z'),
    says: /startUtc/
  },
  {
    name: 'a time without a zone',
    of: sentRequest('GET', '/api/contacts?updatedSince=2026-11-23T08:00:00'),
    says: /updatedSince/
  },
  {
    name: 'a list as several parameters',
    of: sentRequest('GET', '/api/journal/requests?state=missed&state=dropped'),
    says: /state is repeated/
  },
  { name: 'a page that is too large', of: sentRequest('GET', '/api/journal/requests?pageSize=1001'), says: /pageSize/ },
  {
    name: 'a number with its plus',
    of: sentRequest('GET', '/api/journal/requests?businessNumber=%2B15557775533'),
    says: /businessNumber/
  },
  {
    name: 'a number with its plus in the path',
    of: sentRequest('GET', '/api/phonenumbers/+12564553184'),
    says: /path digits/
  },
  {
    name: 'a number without its plus',
    of: sentRequest('POST', '/api/messages/send', { from: '12345678910', to: ['+12345678901'] }),
    says: /body: \/from/
  },
  {
    name: 'an unknown member',
    of: sentRequest('POST', '/api/calls/makecall', { from: '+15550152729', to: '+15551112233', user: '101' }),
    says: /body/
  },
  {
    name: 'an id where none is allowed',
    of: sentRequest('POST', '/api/contacts', { contactId: '5d47f2288558e62b682f3f3a' }),
    says: /body/
  },
  {
    name: 'a body where none is allowed',
    of: sentRequest('DELETE', '/api/contacts/5d47f2288558e62b682f3f3a', {}),
    says: /a body/
  },
  {
    name: 'a body of another type',
    of: {
      ...sentRequest('POST', '/api/contacts', {}),
      headers: { ...sentRequest('POST', '/').headers, 'content-type': 'text/plain' }
    },
    says: /content type/
  },
  {
    name: 'no key',
    of: { ...sentRequest('GET', '/api/team'), headers: { authorization: 'Bearer x' } },
    says: /not signed/
  }
]

for (const { name, of, says } of INVALID) {
  t.test(`a request is refused by the definitions for ${name}`, t => {
    t.match(requestProblems('classic', of).join(), says)
    t.end()
  })
}
