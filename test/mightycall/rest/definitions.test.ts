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
import { json, restClient, type Seen } from '../../support/mightycall-api.js'
import { DOCUMENTED } from '../../support/mightycall-examples.js'
import { readable } from '../../support/read-route.js'
import { REQUESTS } from '../../support/rest-requests.js'
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

const askedOf = ({ route, ...rest }: Seen): SentRequest => {
  const [method = '', path = ''] = route.split(' ')
  return { method, path, ...rest }
}

const asked = (method: string, pathAndQuery: string, body?: unknown): SentRequest => {
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
  'every request that our client can make is as MightyCall defines it, each route of it, and each definition',
  async t => {
    const tried = new Set<unknown>([
      pingRoutes.ping,
      ...REQUESTS.flatMap(([, cases]) => cases.map(({ route }) => route))
    ])
    t.equal([...ALL].filter(route => !tried.has(route)).length, 0, 'no route was forgotten')
    const used = new Set<unknown>()
    for (const [kind, cases] of REQUESTS) {
      const { client, seen } = await restClient(t, { kind })
      for (const { route, input } of cases) await client.send(route, input, 'action')
      await client.send(pingRoutes.ping, {}, 'action')
      for (const one of seen.map(askedOf)) {
        t.strictSame(requestProblems(kind, one), [], `${kind} ${requestName(one)}`)
        used.add(definitionOf(kind, one))
      }
    }
    t.strictSame(DEFINITIONS.filter(definition => !used.has(definition)).map(requestName), [])
  }
)

t.test('so is what reconciliation asks for, and a token that is refreshed', async t => {
  for (const kind of ['classic', 'contact-center'] as const) {
    const none = json({ data: { contacts: [], records: 0 } })
    const { account, read, seen, pass } = await readable(t, {
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
    pass(86_390_000)
    await read(numbersReader)
    t.match(seen.filter(({ route }) => route === 'POST /auth/token').at(-1)?.body, /grant_type=refresh_token/)
    for (const one of seen.map(askedOf)) t.strictSame(requestProblems(kind, one), [], requestName(one))
  }
})

t.test('the examples that other tests read are answers as they are defined', t => {
  for (const [route, answer] of Object.entries(DOCUMENTED)) {
    const [method = '', path = ''] = route.split(' ')
    const kind = definitionOf('classic', { method, path }) ? 'classic' : 'contact-center'
    if (!definitionOf(kind, { method, path })) continue // of both kinds at once
    const status =
      method === 'POST' && /contacts$|channels$/.test(path) && !path.endsWith('contactCenter/contacts') ? 201 : 200
    t.strictSame(responseProblems(kind, { method, path }, { status, json: answer }), [], route)
  }
  t.end()
})

const wrong: { name: string; of: SentRequest; says: RegExp }[] = [
  { name: 'a path that there is not', of: asked('GET', '/api/extensions'), says: /no route/ },
  { name: 'another method', of: asked('POST', '/api/calls'), says: /no route/ },
  {
    name: 'a parameter that there is not',
    of: asked('GET', '/api/journal/requests?limit=5'),
    says: /no parameter limit/
  },
  { name: 'a value that is none', of: asked('GET', '/api/calls?callFilter=Answered'), says: /callFilter/ },
  {
    name: 'a time with its zone, where there must be none',
    of: asked('GET', '/api/calls?startUtc=2026-11-23T08:00:00Z'),
    says: /startUtc/
  },
  {
    name: 'a time without its zone',
    of: asked('GET', '/api/contacts?updatedSince=2026-11-23T08:00:00'),
    says: /updatedSince/
  },
  {
    name: 'a list as several parameters',
    of: asked('GET', '/api/journal/requests?state=missed&state=dropped'),
    says: /state is repeated/
  },
  { name: 'a page that is too large', of: asked('GET', '/api/journal/requests?pageSize=1001'), says: /pageSize/ },
  {
    name: 'a number with its plus',
    of: asked('GET', '/api/journal/requests?businessNumber=%2B15557775533'),
    says: /businessNumber/
  },
  {
    name: 'a number with its plus in the path',
    of: asked('GET', '/api/phonenumbers/+12564553184'),
    says: /path digits/
  },
  {
    name: 'a number without its plus',
    of: asked('POST', '/api/messages/send', { from: '12345678910', to: ['+12345678901'] }),
    says: /body: \/from/
  },
  {
    name: 'a member that there is not',
    of: asked('POST', '/api/calls/makecall', { from: '+15550152729', to: '+15551112233', user: '101' }),
    says: /body/
  },
  {
    name: 'an id where none may be',
    of: asked('POST', '/api/contacts', { contactId: '5d47f2288558e62b682f3f3a' }),
    says: /body/
  },
  {
    name: 'a body that there is not',
    of: asked('DELETE', '/api/contacts/5d47f2288558e62b682f3f3a', {}),
    says: /a body/
  },
  {
    name: 'a body of another type',
    of: {
      ...asked('POST', '/api/contacts', {}),
      headers: { ...asked('POST', '/').headers, 'content-type': 'text/plain' }
    },
    says: /content type/
  },
  { name: 'no key', of: { ...asked('GET', '/api/team'), headers: { authorization: 'Bearer x' } }, says: /not signed/ }
]

for (const { name, of, says } of wrong) {
  t.test(`a request is refused by the definitions for ${name}`, t => {
    t.match(requestProblems('classic', of).join(), says)
    t.end()
  })
}
