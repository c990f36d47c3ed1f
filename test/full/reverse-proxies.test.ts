import http from 'node:http'
import t, { type Test } from 'tap'
import { freshDatabase } from '../support/database.js'
import { DOCUMENTED_NOTIFICATIONS, INBOUND } from '../support/documented-notifications.js'
import { freePorts } from '../support/free-ports.js'
import { untilDelivered, watchLive } from '../support/live-client.js'
import { needsProxy, PROXIES, startProxy } from '../support/reverse-proxies.js'
import { type RunningService, randomSecrets, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

for (const name of PROXIES) {
  t.test(`${name} with the documented configuration passes everything on`, needsProxy(name), async t => {
    const [port = 0] = await freePorts(1)
    const { url: DATABASE_URL } = await freshDatabase(t)
    const environment = { DATA_DIR: tempDir(t), DATABASE_URL, PORT: String(port), TRUST_PROXY: '1' }
    const service = await startServiceProcess(t, { ...environment, ...randomSecrets() })
    const proxy = await startProxy(t, name, port)
    await passesRequests(t, proxy.url, service)
    t.equal(await service.end('SIGTERM'), 0)
    await survivesRestart(t, proxy.url, service)
    t.notMatch(proxy.output(), service.token, 'no log contains the address of a webhook')
  })
}

async function passesRequests(t: Test, url: string, { token, adminKey }: RunningService): Promise<void> {
  const headers = { authorization: `Bearer ${adminKey}` }
  const live = await watchLive(t, `${url}/v1/live?kinds=call`, { key: adminKey, accept: 'text/event-stream' })
  t.equal(live.status, 200)
  const body = JSON.stringify(DOCUMENTED_NOTIFICATIONS[0])
  t.equal((await fetch(`${url}/webhooks/mightycall/${token}`, { method: 'POST', body })).status, 200)
  await untilDelivered(live, 'the change passes the proxy while the stream is open', some => some.length === 1)
  t.match(await (await fetch(`${url}/v1/calls`, { headers })).json(), { data: [{ id: INBOUND }] })
  t.equal((await fetch(`${url}/webhooks/mightycall/wrong`, { method: 'POST', body })).status, 404)
  t.equal(await signInFrom(url, adminKey), 200, 'the service knows the address that the browser knows')
}

/** Signs in as a page of this address would, and resolves with the status. */
function signInFrom(origin: string, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { origin, 'content-type': 'application/json' } // fetch does not send an Origin
    http
      .request(`${origin}/v1/session`, { method: 'POST', headers }, response => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      .once('error', reject)
      .end(JSON.stringify({ key }))
  })
}

/** The service has stopped. */
async function survivesRestart(t: Test, url: string, { token, adminKey }: RunningService): Promise<void> {
  const [live, webhook] = await Promise.all([
    fetch(`${url}/v1/live`, { headers: { authorization: `Bearer ${adminKey}` } }),
    fetch(`${url}/webhooks/mightycall/${token}`, { method: 'POST', body: '{}' })
  ])
  t.match([live.status, live.headers.get('content-type')], [200, /^text\/event-stream/])
  t.equal(await live.text(), 'retry: 2000\n\n')
  t.equal(webhook.status, 502, 'the sender of a webhook learns that it was not received')
}
