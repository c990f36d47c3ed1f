import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { freshDatabase } from '../support/database.js'
import { fillDatabase } from '../support/large-database.js'
import { ADMIN_API_KEY, queryApi } from '../support/query-api.js'

const CALLS = 200_000
const MAX_GROWTH_BYTES = 16 * 1024 * 1024 // what comes meanwhile is 60 to 100 MB of text, and more as objects
const MAX_RSS_BYTES = 450 * 1024 * 1024 // of server and client together, with rubbish that nobody has collected yet

setFlagsFromString('--expose-gc') // only what is made from now on knows it
const collectRubbish = runInNewContext('gc') as () => void

for (const format of ['csv', 'ndjson']) {
  t.test(`all of ${CALLS} calls go out as ${format} in bounded memory`, async t => {
    const { pool } = await freshDatabase(t)
    await fillDatabase(pool, { calls: CALLS, others: 0, events: 0, contacts: 0 })
    const { app } = await queryApi(t, pool, () => new Date('2026-06-01'))
    await app.listen({ port: 0, host: '127.0.0.1' })
    const request = http.get({
      port: (app.server.address() as AddressInfo).port,
      host: '127.0.0.1',
      path: `/v1/calls?format=${format}`,
      headers: { authorization: `Bearer ${ADMIN_API_KEY}` }
    })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    const held: number[] = []
    let [lines, most] = [0, 0]
    for await (const chunk of response as AsyncIterable<Buffer>) {
      lines += chunk.reduce((count, byte) => (byte === 10 ? count + 1 : count), 0)
      most = Math.max(most, process.memoryUsage.rss())
      if (lines >= ((held.length + 1) * CALLS) / 5) held.push(heldBytes())
    }
    t.equal(lines, CALLS + (format === 'csv' ? 1 : 0))
    const [first = 0, ...later] = held
    t.ok(
      later.length >= 3 && Math.max(...later) - first < MAX_GROWTH_BYTES,
      `held ${held.map(bytes => Math.round(bytes / 1e6)).join(', ')} MB after each fifth; rss at most ${Math.round(most / 1e6)} MB`
    )
    t.ok(most < MAX_RSS_BYTES, 'and that is not much')
  })
}

/** What is left when rubbish has been collected. */
function heldBytes(): number {
  collectRubbish()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
