import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { ROUTE_READERS } from '../../src/reconcile/routes/all-routes.js'
import { simulateCompany } from '../../src/simulator/company.js'
import { checkRows } from '../chaos/evidence.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { restProxy } from '../support/rest-proxy.js'
import { randomSecrets, spawnMain, startServiceProcess } from '../support/service.js'
import { simulatedMightyCall } from '../support/simulated-mightycall.js'
import { tempDir } from '../support/temp-dir.js'

const NOW = Date.now() // the fixed time of the simulated MightyCall, so that its data does not change during reads
const COMPANY = { seed: 3, startAt: NOW - 6 * 3_600_000, calls: 30, messages: 10, hours: 5 }
const ROWS = 10

/**
 * The facts that a killed reconciler and an undisturbed one must have in common. With `$1` these include the facts that
 * a second sync adds: what the journal reports of voicemails, which waits for their rows, and earlier deletions.
 */
const FACTS = `
  select kind, entity, type, fields->>'route' as route, id from events
  where source = 'rest' and kind <> 'range'
    and ($1 or not ((kind = 'voicemail' and fields->>'route' = 'journal') or type = 'contact.removed'))
  order by 1, 2, 3, 4, 5`
const DUPLICATES = `
  select kind, entity, fields->>'route' from events where source = 'rest' and kind <> 'range'
  group by 1, 2, 3 having count(*) > 1`

/** Sets up a service with projected webhooks, and a MightyCall with small pages that it has not read yet. */
async function setUpUnreadAccount(t: Test) {
  const { pool, url } = await freshDatabase(t)
  const { userKeys, apiKey, url: target } = await simulatedMightyCall(t, { at: NOW, companyOptions: COMPANY })
  const proxy = await restProxy(t, () => target)
  proxy.tampering.request = ({ url }) => {
    if (/\/(?:calls|contacts)$/.test(url.pathname))
      url.searchParams.set('pageSize', String(Math.min(ROWS, Number(url.searchParams.get('pageSize')))))
  }
  const { WEBHOOK_TOKENS, ADMIN_KEY } = randomSecrets()
  const env = {
    DATA_DIR: tempDir(t),
    DATABASE_URL: url,
    ADMIN_KEY,
    WEBHOOK_TOKENS: '',
    ACCOUNTS_FILE: path.join(tempDir(t), 'accounts.json')
  }
  const write = (keys: object) =>
    writeFileSync(
      env.ACCOUNTS_FILE,
      JSON.stringify([
        { id: 'default', tokens: [WEBHOOK_TOKENS], apiKey, userKeys: keys, kind: 'classic', baseUrl: `${proxy.url}/v4` }
      ])
    )
  const count = async (sql: string) => (await pool.query(sql)).rowCount ?? 0

  write({}) // without user keys nothing is read before the webhooks, so that no calls are held for 15 minutes
  const first = await startServiceProcess(t, env)
  const { notifications } = simulateCompany(COMPANY)
  for (const { body } of notifications)
    await fetch(`${first.url}/webhooks/mightycall/${WEBHOOK_TOKENS}`, { method: 'POST', body: JSON.stringify(body) })
  await eventually('webhooks are projected', async () => (await count('select from events')) === notifications.length)
  await first.end('SIGTERM')
  write(userKeys)

  // the cast holds because scopes reads nothing but the user keys
  const cursorRoutes = ROUTE_READERS.flatMap(reader =>
    reader.scopes({ userKeys } as Parameters<typeof reader.scopes>[0]).map(() => reader.route)
  )
  const cursors = () => count('select from reconcile_cursors')
  const facts = async (afterSecondSync: boolean) => (await pool.query(FACTS, [afterSecondSync])).rows
  const syncTwice = async ({ url }: { url: string }) => {
    // facts that waited for a row are linked the second time
    for (let i = 0; i < 2; i++)
      t.match(
        await (
          await fetch(`${url}/api/admin/mightycall/sync`, {
            method: 'POST',
            headers: { authorization: `Bearer ${ADMIN_KEY}` }
          })
        ).json(),
        { success: true }
      )
  }
  return { pool, env, proxy, cursorRoutes, cursors, facts, syncTwice, count }
}

t.test('a reconciler that is killed at every page boundary loses and duplicates no facts', async t => {
  const reference = await setUpUnreadAccount(t)
  const undisturbed = await startServiceProcess(t, reference.env)
  await eventually(
    'all routes are read',
    async () => (await reference.cursors()) === reference.cursorRoutes.length,
    30_000
  )
  const pagesOf = (route: string) =>
    reference.proxy.seen.filter(({ url }) => url.pathname === `/v4/api/${route}`).length
  const pages = { calls: pagesOf('calls'), contacts: pagesOf('contacts') }
  await reference.syncTwice(undisturbed)

  const { pool, env, cursorRoutes, cursors, facts, syncTwice, count } = await setUpUnreadAccount(t)
  const killedAt: string[] = []
  for (let crashAtPass = 1; ; ) {
    const read = await cursors()
    const child = spawnMain(['start'], {
      ...env,
      PORT: '0',
      DRAIN_SECONDS: '0',
      MCS_CRASH_AT: `between-page-and-cursor:${crashAtPass}`
    })
    for (const stream of [child.stdout, child.stderr]) stream.resume()
    const closed = once(child, 'close')
    await eventually(
      'it was killed, or all routes are read',
      async () => child.signalCode !== null || (await cursors()) === cursorRoutes.length,
      60_000
    )
    if (child.signalCode === null) {
      child.kill('SIGTERM')
      await closed
      break
    }
    t.equal(child.signalCode, 'SIGKILL')
    const now = await cursors()
    killedAt.push(cursorRoutes[now] ?? '')
    crashAtPass = now > read ? 2 : crashAtPass + 1 // the first page of the next route has been read
  }
  t.strictSame(
    {
      calls: killedAt.filter(route => route === 'calls').length,
      contacts: killedAt.filter(route => route === 'contacts').length
    },
    pages
  )
  t.ok(
    cursorRoutes.every(route => killedAt.includes(route)),
    `${killedAt.length} kills`
  )

  const service = await startServiceProcess(t, env)
  const expected = await reference.facts(false)
  await eventually('every fact is stored', async () => (await facts(false)).length >= expected.length)
  t.strictSame(await facts(false), expected)
  await syncTwice(service)
  t.strictSame(await facts(true), await reference.facts(true))
  t.equal(await count(DUPLICATES), 0)
  t.match(await checkRows(pool), { differing: [], failures: [] })
})
