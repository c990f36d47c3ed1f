import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Event } from '../../../src/events/event.js'
import { decodeRecord, encodeEvent } from '../../../src/events/record.js'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import { reparse } from '../../../src/mightycall/webhook/reparse.js'
import { driftOf } from '../../../src/mightycall/webhook/unknown-fields.js'
import { arbitraryBody } from '../../support/arbitrary-notification.js'
import { DOCUMENTED_API_KEY, DOCUMENTED_NOTIFICATIONS } from '../../support/documented-notifications.js'
import { seedOf } from '../../support/seeds.js'

const NOW = new Date('2026-11-23T08:00:00.000Z')
const account = { id: 'default', apiKey: DOCUMENTED_API_KEY, region: 'US' } as const

/** Returns the event as an older version stored it that did not know its type. */
function asUnclassified({ id, account, occurredAt, receivedAt, clock, raw, rawEncoding }: Event): Event {
  return {
    id,
    type: 'unclassified',
    account,
    occurredAt,
    receivedAt,
    ...(clock && { clock }),
    source: 'webhook',
    reason: 'unknown-type',
    eventType: 'x',
    raw,
    ...(rawEncoding && { rawEncoding })
  }
}

t.test('bodies that an older version could not read are read again', async t => {
  const text = JSON.stringify({ ...DOCUMENTED_NOTIFICATIONS[0], ApiKey: undefined })
  for (const body of [Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from(text.replace(/}$/, ',}'))]) {
    const stored = parseNotification(account, Buffer.from('?'), NOW) as Event // the body is not empty
    const again = reparse({ ...stored, raw: body.toString('base64') }, { region: 'US' })
    t.match(again, { type: 'call.started', id: stored.id, raw: body.toString('base64') })
  }
})

t.test('parsing an event again keeps it the same: id, account, receipt and source', async t => {
  let classified = 0
  fc.assert(
    fc.property(arbitraryBody(), fc.boolean(), (body, isKeyless) => {
      const parsed = parseNotification(isKeyless ? { ...account, apiKey: null } : account, body, NOW)
      if (parsed === null) return assert.equal(body.length, 0)
      const event = decodeRecord(encodeEvent(parsed))
      const again = reparse(event, { region: 'US' })
      assert.deepEqual(reparse(again, { region: 'US' }), again)
      assert.deepEqual(decodeRecord(encodeEvent(again)), again, 'the event is valid')
      if (event.rawEncoding === undefined) assert.deepEqual(again, event)
      const { id, receivedAt, source, raw } = again
      assert.deepEqual(
        { id, receivedAt, source, raw, account: again.account },
        { id: event.id, receivedAt: event.receivedAt, source: event.source, raw: event.raw, account: event.account }
      )
      if (event.type !== 'unclassified' && event.rawEncoding === undefined) {
        classified++
        assert.deepEqual(reparse(asUnclassified(event), { region: 'US' }), event)
      }
      for (const { type, field, sample } of driftOf(again))
        assert.ok(
          type.length <= 100 &&
            field.length <= 100 &&
            sample.length <= 200 &&
            (type + field + sample).isWellFormed() &&
            !(type + field + sample).includes('\u0000')
        )
    }),
    { seed: seedOf(), numRuns: 2000 }
  )
  t.ok(classified > 100)
})

t.test('an original that was kept as bytes is parsed from them', async t => {
  const body = JSON.stringify(DOCUMENTED_NOTIFICATIONS[1]).replace('"Guid"', '"n":9007199254740993,"Guid"')
  const event = parseNotification(account, Buffer.from(body), NOW)
  t.match(event, { type: 'call.ringing', rawEncoding: 'base64' })
  assert.ok(event)
  t.strictSame(reparse(asUnclassified(event), { region: 'US' }), event)
})

t.test('events with another ApiKey, another source or an invalid original are unchanged', async t => {
  const mismatch = parseNotification(
    account,
    Buffer.from(JSON.stringify({ ...DOCUMENTED_NOTIFICATIONS[0], ApiKey: 'another' })),
    NOW
  )
  const call = parseNotification(account, Buffer.from(JSON.stringify(DOCUMENTED_NOTIFICATIONS[0])), NOW)
  assert.ok(mismatch)
  assert.ok(call)
  t.equal(reparse(mismatch, { region: 'US' }), mismatch)
  const foreign: Event[] = [
    { ...asUnclassified(call), source: 'rest' },
    { ...call, raw: {} },
    { ...call, raw: 'text' },
    { ...call, raw: '!', rawEncoding: 'base64' },
    { ...call, raw: [] }
  ]
  for (const event of foreign) t.equal(reparse(event, { region: 'US' }), event)
})
