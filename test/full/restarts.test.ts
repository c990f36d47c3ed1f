import path from 'node:path'
import pg from 'pg'
import t from 'tap'
import { attachEmbeddedPostgres } from '../../src/db/embedded/attach.js'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { type RunningService, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

const SENDERS = 32
const [STARTED] = DOCUMENTED_NOTIFICATIONS

t.test('acknowledged notifications survive SIGKILL and SIGTERM under load', async t => {
  const DATA_DIR = tempDir(t)
  const acknowledged: string[] = []
  let service: RunningService = await startServiceProcess(t, { DATA_DIR })
  let done = false
  let next = 0

  async function send(): Promise<void> {
    while (!done) {
      const id = `call-${next++}`
      // a broken connection acknowledges nothing
      const status = await service.post({ ...STARTED, Body: { ...STARTED?.Body, Id: id } }).catch(() => 0)
      if (status === 200) acknowledged.push(id)
      else await new Promise(resolve => setImmediate(resolve))
    }
  }
  const sending = Array.from({ length: SENDERS }, send)
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
    const before = acknowledged.length
    await eventually('some notifications are acknowledged', () => acknowledged.length > before + 500, 30_000)
    const old: RunningService = service
    await old.end(signal)
    service = await startServiceProcess(t, { DATA_DIR })
  }
  done = true
  await Promise.all(sending)

  const client = new pg.Client({
    connectionString: (await attachEmbeddedPostgres({ dataDir: path.join(DATA_DIR, 'postgres') })) ?? ''
  })
  client.on('error', () => {})
  await client.connect()
  const stored = async () =>
    new Set((await client.query<{ call_id: string }>('select call_id from call_history')).rows.map(row => row.call_id))
  await eventually(
    'every acknowledged call is readable',
    async () => {
      const calls = await stored()
      return acknowledged.every(id => calls.has(id))
    },
    30_000
  )
  t.ok(acknowledged.length > 1500, `${acknowledged.length} acknowledged, none missing`)
  const {
    rows: [row]
  } = await client.query<{ duplicates: string }>(
    'select count(*) as duplicates from call_history where webhook_events <> 1'
  )
  t.equal(Number(row?.duplicates), 0, 'each counts once')
  await client.end()
  t.equal(await service.end('SIGTERM'), 0)
})
