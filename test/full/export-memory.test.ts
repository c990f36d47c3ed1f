import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { freshDatabase } from '../support/database.js'
import { fillDatabase } from '../support/large-database.js'
import { ADMIN_API_KEY, queryApi } from '../support/query-api.js'

const CALLS = 100_000
const MAX_GROWTH_BYTES = 16 * 1024 * 1024 // the response has 30 to 50 MB of text, and more as objects
const MAX_RSS_BYTES = 450 * 1024 * 1024 // server and client together, including uncollected garbage

setFlagsFromString('--expose-gc') // only contexts created from now on have gc
const collectGarbage = runInNewContext('gc') as () => void

t.test('exports', async t => {
  const { pool } = await freshDatabase(t)
  await fillDatabase(pool, { calls: CALLS, others: 0, events: 0, contacts: 0 })
  for (const format of ['csv', 'ndjson']) {
    t.test(`${CALLS} calls are exported as ${format} in bounded memory`, async t => {
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
      let [lines, peakRss] = [0, 0]
      for await (const chunk of response as AsyncIterable<Buffer>) {
        lines += chunk.reduce((count, byte) => (byte === 10 ? count + 1 : count), 0)
        peakRss = Math.max(peakRss, process.memoryUsage.rss())
        if (lines >= ((held.length + 1) * CALLS) / 5) held.push(heldBytes())
      }
      t.equal(lines, CALLS + (format === 'csv' ? 1 : 0))
      const [first = 0, ...later] = held
      t.ok(
        later.length >= 3 && Math.max(...later) - first < MAX_GROWTH_BYTES,
        `${held.map(toMegabytes).join(', ')} MB are held after each fifth; the peak RSS is ${toMegabytes(peakRss)} MB`
      )
      t.ok(peakRss < MAX_RSS_BYTES, 'the peak RSS is bounded')
    })
  }
})

const toMegabytes = (bytes: number) => Math.round(bytes / 1e6)

/** Returns the memory in use after garbage collection. */
function heldBytes(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
