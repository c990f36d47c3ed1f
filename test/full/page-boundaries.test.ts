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

const NOW = Date.now() // of the simulated MightyCall: what it tells does not change while it is read
const COMPANY = { seed: 3, startAt: NOW - 6 * 3_600_000, calls: 30, messages: 10, hours: 5 }
const ROWS = 10

/**
 * What the killed one and the one that nobody kills must have alike; with `$1`, also what a second reading tells: what
 * the journal says of a voicemail waits for its row, and what was deleted before the first reading.
 */
const FACTS = `select kind, entity, type, fields->>'route' as route, id from events where source = 'rest' and kind <> 'range'
  and ($1 or not ((kind = 'voicemail' and fields->>'route' = 'journal') or type = 'contact.removed')) order by 1, 2, 3, 4, 5`
const DOUBLED =
  "select kind, entity, fields->>'route' from events where source = 'rest' and kind <> 'range' group by 1, 2, 3 having count(*) > 1"

/** A service whose webhooks have come, and a MightyCall that is about to be read, some rows at once. */
async function installation(t: Test) {
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

  write({}) // calls that webhooks have not told would be held for 15 minutes
  const first = await startServiceProcess(t, env)
  const { notifications } = simulateCompany(COMPANY)
  for (const { body } of notifications)
    await fetch(`${first.url}/webhooks/mightycall/${WEBHOOK_TOKENS}`, { method: 'POST', body: JSON.stringify(body) })
  await eventually('webhooks are projected', async () => (await count('select from events')) === notifications.length)
  await first.end('SIGTERM')
  write(userKeys)

  const lines = ROUTE_READERS.flatMap(reader =>
    reader.scopes({ userKeys } as Parameters<typeof reader.scopes>[0]).map(() => reader.route)
  ) // looks at nothing else
  const cursors = () => count('select from reconcile_cursors')
  const facts = async (ofSecond: boolean) => (await pool.query(FACTS, [ofSecond])).rows
  const synced = async ({ url }: { url: string }) => {
    for (let i = 0; i < 2; i++)
      t.match(
        await (
          await fetch(`${url}/api/admin/mightycall/sync`, {
            method: 'POST',
            headers: { authorization: `Bearer ${ADMIN_KEY}` }
          })
        ).json(),
        { success: true }
      ) // what waited for a row is found the second time
  }
  return { pool, env, proxy, lines, cursors, facts, synced, count }
}

t.test('a reconciler that is killed at every page boundary loses no fact and doubles none', async t => {
  const whole = await installation(t)
  const undisturbed = await startServiceProcess(t, whole.env)
  await eventually('all is read', async () => (await whole.cursors()) === whole.lines.length, 30_000)
  const pagesOf = (route: string) => whole.proxy.seen.filter(({ url }) => url.pathname === `/v4/api/${route}`).length
  const pages = { calls: pagesOf('calls'), contacts: pagesOf('contacts') }
  await whole.synced(undisturbed)

  const { pool, env, lines, cursors, facts, synced, count } = await installation(t)
  const deaths: string[] = []
  for (let passing = 1; ; ) {
    const read = await cursors()
    const child = spawnMain(['start'], {
      ...env,
      PORT: '0',
      DRAIN_SECONDS: '0',
      MCS_CRASH_AT: `between-page-and-cursor:${passing}`
    })
    for (const stream of [child.stdout, child.stderr]) stream.resume()
    const gone = once(child, 'close')
    await eventually(
      'it has died, or all is read',
      async () => child.signalCode !== null || (await cursors()) === lines.length,
      60_000
    )
    if (child.signalCode === null) {
      child.kill('SIGTERM')
      await gone
      break
    }
    t.equal(child.signalCode, 'SIGKILL')
    const now = await cursors()
    deaths.push(lines[now] ?? '')
    passing = now > read ? 2 : passing + 1 // of the next route the first page is behind it
  }
  t.strictSame(
    {
      calls: deaths.filter(route => route === 'calls').length,
      contacts: deaths.filter(route => route === 'contacts').length
    },
    pages
  )
  t.ok(
    lines.every(route => deaths.includes(route)),
    `${deaths.length} deaths`
  )

  const service = await startServiceProcess(t, env)
  const expected = await whole.facts(false)
  await eventually('every fact is there', async () => (await facts(false)).length >= expected.length)
  t.strictSame(await facts(false), expected)
  await synced(service)
  t.strictSame(await facts(true), await whole.facts(true))
  t.equal(await count(DOUBLED), 0)
  t.match(await checkRows(pool), { differing: [], failures: [] })
})
