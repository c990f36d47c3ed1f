import t from 'tap'
import { restFailureOf } from '../../../src/mightycall/rest/failures.js'
import { calls } from '../../../src/mightycall/rest/routes/calls.js'
import { voicemails } from '../../../src/mightycall/rest/routes/voicemails.js'
import { freePorts } from '../../support/free-ports.js'
import { ACCOUNT_API_KEY, json, type Reply, setUpRestClient, USER_KEY } from '../../support/mightycall-api.js'

const SECRET = '+15559371200'

const html: Reply = response => {
  response.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${SECRET}</html>`)
}
const truncated: Reply = response => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(`{"data":{"calls":[{"id":"${SECRET}`)
}
const cutOff: Reply = response => {
  response.writeHead(200, { 'content-length': '1000' }).write('{"data":')
  setImmediate(() => response.destroy())
}
const hangUp: Reply = response => {
  response.destroy()
}
const silence: Reply = () => {}
const silenceWithin: Reply = response => {
  response.writeHead(200).write('{"data":')
}
const elsewhere: Reply = response => {
  response.writeHead(302, { location: '/v4/api/ping' }).end()
}
const empty: Reply = response => {
  response.writeHead(200).end()
}

const hostile: { name: string; reply: Reply; kind: string; message: RegExp }[] = [
  { name: 'HTML instead of JSON', reply: html, kind: 'unexpected', message: /the body is not JSON$/ },
  { name: 'truncated JSON', reply: truncated, kind: 'unexpected', message: /the body is not JSON$/ },
  { name: 'an empty body', reply: empty, kind: 'unexpected', message: /the body is not JSON$/ },
  { name: 'a response that is cut off', reply: cutOff, kind: 'unavailable', message: /UND_ERR_SOCKET|ECONNRESET/ },
  { name: 'no response', reply: hangUp, kind: 'unavailable', message: /UND_ERR_SOCKET|ECONNRESET/ },
  { name: 'a connection that hangs', reply: silence, kind: 'unavailable', message: /no response within 200 ms/ },
  { name: 'a response that hangs', reply: silenceWithin, kind: 'unavailable', message: /no response within 200 ms/ },
  { name: 'a redirect, which is not followed', reply: elsewhere, kind: 'unexpected', message: /status 302$/ },
  { name: 'status 500', reply: json({ message: SECRET }, 500), kind: 'unavailable', message: /status 500/ },
  {
    name: 'status 403',
    reply: json({ errorCode: 'TenantAccountRoleIssue', message: SECRET }, 403),
    kind: 'refused',
    message: /status 403, TenantAccountRoleIssue$/
  },
  {
    name: 'an invalid errorCode',
    reply: json({ errorCode: SECRET, message: SECRET }, 400),
    kind: 'refused',
    message: /status 400$/
  },
  {
    name: 'a failure with status 200',
    reply: json({ isSuccess: false, errorCode: 'Nope' }),
    kind: 'refused',
    message: /status 200, Nope$/
  }
]

for (const { name, reply, kind, message } of hostile) {
  t.test(`a failed request gives a coded error without secrets: ${name}`, async t => {
    const { client, replies, lines } = await setUpRestClient(t, { limits: { timeoutMs: 200 } })
    await client.send(voicemails, { query: {} }, 'sync') // get a token first
    replies['GET /api/calls'] = reply
    const err = await client.send(calls, { query: {} }, 'sync').then(
      () => null,
      (err: Error) => err
    )
    t.equal(restFailureOf(err)?.kind, kind)
    t.match(err?.message, message)
    for (const secret of [SECRET, ACCOUNT_API_KEY, USER_KEY, 'token-1'])
      t.notMatch(`${err?.stack} ${JSON.stringify(err)} ${lines.join('')}`, secret)
    replies['GET /api/calls'] = json({ data: { calls: [] } })
    t.strictSame((await client.send(calls, { query: {} }, 'sync')).body, { calls: [] }, 'the next request succeeds')
  })
}

t.test('a response of 50 MB is refused while it streams', async t => {
  let sent = 0
  const chunk = Buffer.alloc(64 * 1024, ' ')
  const endless: Reply = response => {
    response.writeHead(200)
    const more = () => {
      while (sent < 50 * 1024 ** 2 && !response.destroyed) {
        sent += chunk.length
        if (!response.write(chunk)) return response.once('drain', more)
      }
      return response.end()
    }
    more()
  }
  const { client } = await setUpRestClient(t, {
    replies: { 'GET /api/calls': endless },
    limits: { maxBytes: 1024 ** 2 }
  })
  await t.rejects(client.send(calls, { query: {} }, 'sync'), {
    code: 'MCS_REST_UNEXPECTED',
    message: /larger than 1048576 bytes/
  })
  t.ok(sent < 20 * 1024 ** 2, `the sender was stopped after ${sent} bytes`)
})

t.test('a missing server is unavailable, and the error does not contain the URL', async t => {
  const { rest, account } = await setUpRestClient(t)
  const [port] = await freePorts(1)
  const err = await rest
    .clientOf({ ...account, baseUrl: `http://127.0.0.1:${port}/v4` }, '101')
    .send(calls, { query: { customFilter: SECRET } }, 'sync')
    .then(
      () => null,
      (err: Error) => err
    )
  t.equal(restFailureOf(err)?.kind, 'unavailable')
  t.match(err?.message, /ECONNREFUSED/)
  t.notMatch(err?.message, SECRET)
})

t.test('a missing object is distinguished from a refused request', async t => {
  const { client } = await setUpRestClient(t, {
    replies: {
      'GET /api/voicemails': json({ message: 'Voicemail not found' }, 400),
      'GET /api/calls': json({ message: 'The request is invalid.', modelState: {} }, 400)
    }
  })
  t.equal(restFailureOf(await client.send(voicemails, { query: {} }, 'sync').catch(err => err))?.kind, 'not-found')
  t.equal(restFailureOf(await client.send(calls, { query: {} }, 'sync').catch(err => err))?.kind, 'refused')
  t.equal(restFailureOf(new Error('another')), null)
})

t.test('at most two requests of an account are in flight, also with two users', async t => {
  const open: (() => void)[] = []
  let most = 0
  const { rest, account, seen } = await setUpRestClient(t, {
    userKeys: { 101: 'the-key-of-101', 102: 'the-key-of-102' },
    replies: {
      'GET /api/calls': response => {
        most = Math.max(
          most,
          open.push(() => json({ data: { calls: [] } })(response, { route: '', query: '', headers: {}, body: '' }))
        )
        if (open.length === 2 || seen.length === 12)
          setImmediate(() => {
            for (const answer of open.splice(0)) answer()
          })
      }
    }
  })
  const clients = ['101', '102'].map(extension => rest.clientOf(account, extension))
  await Promise.all(Array.from({ length: 10 }, async (_, i) => clients[i % 2]?.send(calls, { query: {} }, 'sync')))
  t.equal(most, 2)
})
