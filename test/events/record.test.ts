import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { CallEventType } from '../../src/events/call.js'
import { type Event, entityOf } from '../../src/events/event.js'
import { canonical, uuidV5 } from '../../src/events/identity.js'
import { decodeRecord, encodeEvent } from '../../src/events/record.js'
import { momentOf } from '../../src/events/time.js'
import { UNCLASSIFIED_REASONS } from '../../src/events/unclassified.js'
import { seedOf } from '../support/seeds.js'

const name = () => fc.option(fc.string({ maxLength: 100, unit: 'grapheme' }).filter(text => text.length <= 100))
const instant = () =>
  fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }).map(date => date.toISOString())
const original = () =>
  fc.oneof(
    fc.record({
      raw: fc
        .dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })
        .map(value => JSON.parse(JSON.stringify(value)) as object)
    }),
    fc.record({
      raw: fc.uint8Array().map(bytes => Buffer.from(bytes).toString('base64')),
      rawEncoding: fc.constant('base64' as const)
    })
  )
const common = () =>
  fc.record({
    id: fc.uuid(),
    account: fc.constantFrom('default', 'a-1'),
    occurredAt: instant(),
    receivedAt: instant(),
    source: fc.constantFrom('webhook', 'rest', 'action')
  })
const callEvent = () =>
  fc.tuple(
    common(),
    original(),
    fc.record({
      type: fc.constantFrom<CallEventType>(
        'call.started',
        'call.ringing',
        'call.ring-stopped',
        'call.connected',
        'call.completed'
      ),
      callId: fc.string({ minLength: 1, maxLength: 100 }),
      family: fc.constantFrom('incoming', 'outgoing', 'callback'),
      extension: name(),
      from: name(),
      to: name(),
      guid: name()
    })
  )
const unclassified = () =>
  fc.tuple(
    common(),
    original(),
    fc.record({
      type: fc.constant('unclassified' as const),
      reason: fc.constantFrom(...UNCLASSIFIED_REASONS),
      eventType: name()
    })
  )
const event = (): fc.Arbitrary<Event> =>
  fc.oneof(callEvent(), unclassified()).map(([common, original, own]) => ({ ...common, ...own, ...original }) as Event)

t.test('decoding an encoded event returns the same event', async t => {
  fc.assert(
    fc.property(event(), event => {
      assert.deepEqual(decodeRecord(encodeEvent(event)), event)
    }),
    { seed: seedOf(), numRuns: 500 }
  )
  t.pass()
})

t.test('a record is a CloudEvent in binary mode, keyed by its entity', async t => {
  fc.assert(
    fc.property(event(), event => {
      const { topic, key, headers } = encodeEvent(event)
      const { kind, entity } = entityOf(event)
      assert.equal(topic, kind === 'call' ? 'calls' : 'unclassified')
      assert.equal(key, `${event.account}:${entity}`)
      assert.deepEqual(
        { ...headers, ce_subject: '' },
        {
          ce_subject: '',
          'content-type': 'application/json',
          ce_receivedat: event.receivedAt,
          ce_specversion: '1.0',
          ce_id: event.id,
          ce_type: event.type,
          ce_time: event.occurredAt,
          ce_source: `/mightycall/${event.account}/${event.source}`,
          ce_dataschema: `urn:mightycall-stream:schema:${event.type}:1`
        }
      )
      assert.ok(
        Object.values(headers).every(value => /^[\x20-\x7e]*$/.test(value)),
        'ASCII only'
      )
    }),
    { seed: seedOf(), numRuns: 200 }
  )
  t.pass()
})

t.test('an invalid record is refused with a reason that does not contain its content', async t => {
  const good = JSON.parse(
    encodeEvent({
      id: '8c8e0d1c-0000-4000-8000-000000000000',
      type: 'call.started',
      account: 'default',
      occurredAt: '2017-05-25T08:58:10.514Z',
      receivedAt: '2017-05-25T08:58:10.514Z',
      source: 'webhook',
      callId: 'c',
      family: 'incoming',
      extension: null,
      from: null,
      to: null,
      guid: null,
      raw: {}
    }).value.toString()
  ) as object
  const refused = (value: unknown) =>
    t.throws(
      () =>
        decodeRecord({
          value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
        }),
      { code: 'MCS_UNDECODABLE_RECORD' }
    )
  for (const value of [
    null,
    '',
    'secret',
    'null',
    [],
    {},
    { type: 'toString' },
    { type: { toString: 1 } },
    { ...good, type: 'call.unheard-of' },
    { ...good, callId: '' },
    { ...good, callId: 'x'.repeat(101) },
    { ...good, occurredAt: 'soon' },
    { ...good, account: 'A B' },
    { ...good, raw: 5 }
  ])
    refused(value)
  t.throws(
    () => decodeRecord({ value: Buffer.from(JSON.stringify({ ...good, from: ['+15551234567'] })) }),
    { message: /^(?!.*1555).*\/from/ },
    'the message contains only the path of the field'
  )
})

t.test('a name-based UUID matches the example of RFC 9562', async t => {
  t.equal(
    uuidV5(Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex'), 'python.org'),
    '886313e1-3b8a-5372-9b90-0c9aee199e5d'
  )
})

t.test('canonical JSON ignores the order of keys at every depth', async t => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      assert.equal(canonical(reversed(value)), canonical(value))
      assert.deepEqual(JSON.parse(canonical(value)), JSON.parse(JSON.stringify(value)))
    }),
    { seed: seedOf(), numRuns: 300 }
  )
  t.pass()
})

t.test('a timestamp without milliseconds becomes an instant in UTC with milliseconds', async t => {
  t.strictSame(momentOf('2017-05-25T08:58:10Z', new Date()), {
    occurredAt: '2017-05-25T08:58:10.000Z',
    suspect: false,
    isNamed: true
  })
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)])
  )
}
