import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { decodeRecord, encodeEvent } from '../../src/events/record.js'
import { arbitraryBody } from '../support/arbitrary-notification.js'
import { DOCUMENTED_API_KEY } from '../support/documented-notifications.js'
import { identityOf, openProjection } from '../support/project-records.js'
import { readableText, startReceiver } from '../support/receiver.js'
import { seedOf } from '../support/seeds.js'

t.test(
  'any body is answered with 200, 4xx or 503, and bodies answered with 200 are stored without the key and projected',
  async t => {
    const { app, path, stored, results } = await startReceiver(t)
    const project = await openProjection(t)
    const identities = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryBody(), { minLength: 1, maxLength: 20 }), async bodies => {
        const from = stored.length
        for (const payload of bodies) {
          const before = stored.length
          const { statusCode } = await app.inject({ method: 'POST', url: path, payload })
          assert.ok(
            statusCode === 200 || (statusCode >= 400 && statusCode < 500) || statusCode === 503,
            `answered ${statusCode}`
          )
          assert.equal(stored.length - before, statusCode === 200 && payload.length > 0 ? 1 : 0)
        }
        const records = stored.splice(from)
        for (const record of records) {
          assert.ok(!readableText(record).toLowerCase().includes(DOCUMENTED_API_KEY))
          assert.deepEqual(encodeEvent(decodeRecord(record)), record)
          identities.add(identityOf(record))
        }
        assert.deepEqual(await project(records), { deadLetters: [], failures: [], events: identities.size })
      }),
      { seed: seedOf(), numRuns: Number(process.env.ANY_BYTES_RUNS ?? 60) }
    )
    const types = new Set(results)
    t.ok(types.has('stored') && types.has('unclassified'))
  }
)
