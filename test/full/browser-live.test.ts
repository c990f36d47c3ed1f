import http from 'node:http'
import path from 'node:path'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { launchBrowser, needsBrowser } from '../support/browser.js'
import { freshDatabase } from '../support/database.js'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { freePorts } from '../support/free-ports.js'
import { listenOnLoopback } from '../support/http-server.js'
import { needsProxy, PROXIES, startProxy } from '../support/reverse-proxies.js'
import { type RunningService, randomSecrets, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

const RESTARTS = 10
const TIMEOUT_MS = 60_000
const LATE = 'opened during the drain' // after the first notification
const [STARTED] = DOCUMENTED_NOTIFICATIONS

t.test('the client opens a new EventSource where that of the browser has given up', needsBrowser, async t => {
  const browser = await launchBrowser(t)
  const requests: string[] = []
  const server = http.createServer((request, response) => {
    if (!request.url?.startsWith('/v1/live')) return response.end('a page')
    requests.push(`${request.url} ${request.headers['last-event-id'] ?? 'no header'}`)
    if (requests.length === 2) return response.writeHead(502).end() // a proxy without a service
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('retry: 10\nid: 6\nevent: agent\ndata: {"revision":6,"object":{"extension":"101"}}\n\n')
    if (requests.length === 1) response.end()
  })
  const page = await browser.newPage()
  await page.goto(await listenOnLoopback(t, server))
  await page.evaluate(await bundledClient())
  await page.evaluate(`
    window.states = []
    const backOffMs = { first: 10, most: 10 }
    client.followLive({ baseUrl: '', onEvent: () => {}, onState: state => states.push(state), backOffMs })
  `)
  await eventually('the client has connected again', () => requests.length === 3)
  t.strictSame(requests, ['/v1/live no header', '/v1/live 6', '/v1/live?lastEventId=6 no header'])
  await eventually('the stream is open', async () => {
    const states = (await page.evaluate('window.states')) as string[]
    return states.join() === 'open,connecting,waiting,connecting,open'
  })
})

/** The code of the client for a page, as the global `client`. */
async function bundledClient(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(PROJECT_ROOT, 'src/client/client.ts')],
    bundle: true,
    format: 'iife',
    globalName: 'client',
    write: false
  })
  return `${outputFiles[0]?.text}; window.client = client`
}

t.test('a page with an open stream sees every change over ten restarts', { ...needsBrowser, timeout: 300_000 }, t =>
  surviveRestarts(t)
)

async function surviveRestarts(t: Test): Promise<void> {
  const browser = await launchBrowser(t)
  const [port = 0] = await freePorts(1)
  const { url: DATABASE_URL } = await freshDatabase(t)
  const environment = { DATA_DIR: tempDir(t), DATABASE_URL, PORT: String(port), TRUST_PROXY: '1', ...randomSecrets() }
  const start = (DRAIN_SECONDS: string) => startServiceProcess(t, { ...environment, DRAIN_SECONDS })
  let service: RunningService = await start('2')
  const { url, adminKey } = service
  const direct = await signIn(browser, url, adminKey)
  const late = await signIn(browser, url, adminKey)
  const pages = [await openStream(direct, 'directly')]
  for (const name of PROXIES) {
    const { skip } = needsProxy(name)
    if (skip === undefined) {
      const page = await signIn(browser, (await startProxy(t, name, port)).url, adminKey)
      pages.push(await openStream(page, `through ${name}`))
    } else await t.test(`through ${name}`, { skip }, async () => {})
  }

  const posted: string[] = []
  async function post(id: string): Promise<void> {
    t.equal(await service.post({ ...STARTED, Body: { ...STARTED?.Body, Id: id } }), 200)
    posted.push(id)
  }
  for (let n = 1; n <= RESTARTS; n++) {
    await post(`before-restart-${n}`)
    const stopped = service.end('SIGTERM')
    if (n === 1) {
      await eventually('the drain has begun', async () => (await pages[0]?.seen())?.states.length === 1)
      pages.push(await openStream(late, LATE))
      t.equal(service.child.exitCode, null, 'the process still drains')
    }
    t.equal(await stopped, 0)
    service = await start('0')
    await post(`after-restart-${n}`)
    for (const page of pages)
      await eventually(
        `the page ${page.name} has seen every change`,
        async () => {
          const { calls } = await page.seen()
          return posted.every(id => calls.includes(id) || (page.name === LATE && id === posted[0]))
        },
        TIMEOUT_MS
      )
  }
  for (const page of pages) {
    const { beats, resets, states } = await page.seen()
    t.equal(resets, 0, `${page.name}: each change was delivered`)
    t.notOk(states.includes(CLOSED), `${page.name}: the browser has never given up`)
    t.ok(states.length >= RESTARTS - 1, `${page.name}: its stream was ended ${states.length} times`)
    t.match(beats.at(-1), { at: /^\d{4}-\d\d-\d\dT/, revision: Number, incomplete: false })
  }
}

const CLOSED = 2 // readyState of an EventSource that does not connect again

interface Seen {
  calls: string[]
  resets: number
  beats: { at: string; revision: number; incomplete: boolean }[]
  opened: number
  /** The readyState at each error. */
  states: number[]
}

/** This project compiles without the types of browsers, so that the code of pages is text. */
const OPEN_STREAM = `
  window.seen = { calls: [], resets: 0, beats: [], opened: 0, states: [] }
  const source = new EventSource('/v1/live?kinds=call')
  source.onopen = () => seen.opened++
  source.onerror = () => seen.states.push(source.readyState)
  source.addEventListener('call', ({ data }) => seen.calls.push(JSON.parse(data).object.id))
  source.addEventListener('beat', ({ data }) => seen.beats.push(JSON.parse(data)))
  source.addEventListener('reset', () => seen.resets++)
`

/** Opens a page of the service with a session of its own. */
async function signIn(browser: Browser, url: string, adminKey: string): Promise<Page> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${url}/health/live`)
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"key":"${adminKey}"}` }
  const status = await page.evaluate(`fetch('/v1/session', ${JSON.stringify(request)}).then(({ status }) => status)`)
  if (status !== 200) throw new Error(`the sign-in was answered with ${status}`)
  return page
}

async function openStream(page: Page, name: string) {
  await page.evaluate(OPEN_STREAM)
  const seen = () => page.evaluate('window.seen') as Promise<Seen> // as OPEN_STREAM makes it
  await eventually('the browser has connected', async () => (await seen()).opened > 0)
  return { name, seen }
}
