import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { freshDatabase } from '../support/database.js'
import { fill } from '../support/filled.js'
import { API_KEY, queryApi } from '../support/query-api.js'

const CALLS = 200_000
const MAX_GROWTH_BYTES = 40 * 1024 * 1024 // of what comes from the second half: 60 MB of JSON, and more as objects

for (const format of ['csv', 'ndjson']) {
  t.test(`all of ${CALLS} calls go out as ${format} in bounded memory`, async t => {
    const { pool } = await freshDatabase(t)
    await fill(pool, { calls: CALLS, others: 0, events: 0, contacts: 0 })
    const { app } = await queryApi(t, pool, () => new Date('2026-06-01'))
    await app.listen({ port: 0, host: '127.0.0.1' })
    const request = http.get({ port: (app.server.address() as AddressInfo).port, host: '127.0.0.1', path: `/v1/calls?format=${format}`, headers: { authorization: `Bearer ${API_KEY}` } })
    const [response] = await once(request, 'response') as [http.IncomingMessage]
    let [lines, bytes, early, most] = [0, 0, 0, 0]
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      lines += chunk.reduce((count, byte) => byte === 10 ? count + 1 : count, 0)
      const { rss } = process.memoryUsage()
      if (lines < CALLS / 2) early = Math.max(early, rss)
      else most = Math.max(most, rss)
    }
    t.equal(lines, CALLS + (format === 'csv' ? 1 : 0))
    t.comment(`${Math.round(bytes / 1e6)} MB; rss ${Math.round(early / 1e6)} MB in the first half, ${Math.round(most / 1e6)} MB in the second`)
    t.ok(most - early < MAX_GROWTH_BYTES, `grew by ${Math.round((most - early) / 1e6)} MB`)
  })
}
