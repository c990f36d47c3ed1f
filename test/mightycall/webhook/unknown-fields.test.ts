import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { PROJECT_ROOT } from '../../../src/lib/package-root.js'
import { isKnownField } from '../../../src/mightycall/webhook/fields.js'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import { driftOf } from '../../../src/mightycall/webhook/unknown-fields.js'
import {
  BUSINESS_NUMBER,
  DOCUMENTED_API_KEY,
  DOCUMENTED_NOTIFICATIONS
} from '../../support/documented-notifications.js'

const [STARTED] = DOCUMENTED_NOTIFICATIONS
/** The fields inside an attachment, which are not fields of the notification. */
const ATTACHMENT_FIELDS = new Set(['filename', 'name', 'filesize', 'size', 'contenttype', 'type'])
const NOW = new Date('2026-11-23T08:00:00.000Z')

function drift(body: unknown, apiKey: string | null = DOCUMENTED_API_KEY) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const event = parseNotification({ id: 'default', apiKey, region: 'US' }, Buffer.from(text), NOW)
  return event ? driftOf(event) : []
}

t.test('documented notifications have no unknown fields, in any casing', async t => {
  for (const body of DOCUMENTED_NOTIFICATIONS) t.strictSame(drift(body), [])
  for (const body of DOCUMENTED_NOTIFICATIONS)
    t.strictSame(
      drift(JSON.stringify(body).replace(/"(\w+)":/g, (_all, name: string) => `"${name.toLowerCase()}":`)),
      []
    )
  t.strictSame(drift({ EventType: 'Message', requestType: 'Message', clientADDRESS: 'x' }), [])
})

t.test('each unknown field is reported by its path with the shape of its value', async t => {
  const unknown = {
    Queue: { Name: 'Sales & Co', Wait: 12 },
    Hold: true,
    Body: { ...STARTED?.Body, Tags: ['vip', 'new'], body: 1 }
  }
  t.strictSame(drift({ ...STARTED, ...unknown }), [
    { type: 'IncomingCall', field: 'Body.Tags', sample: '[xxx, …]' },
    { type: 'IncomingCall', field: 'Queue', sample: '{Name: xxxxx & xx, Wait: 00}' },
    { type: 'IncomingCall', field: 'Hold', sample: 'true' }
  ])
})

t.test('an unknown type is reported, and its unknown fields too', async t => {
  t.strictSame(drift({ ...STARTED, EventType: 'CallHeld', Held: 1 }), [
    { type: 'CallHeld', field: '', sample: 'xxxxxxxx' },
    { type: 'CallHeld', field: 'Held', sample: '0' }
  ])
  t.match(drift({}), [{ type: '', field: '', sample: 'undefined' }])
  t.strictSame(drift({ ...STARTED, ApiKey: 'another', Queue: 1 }), [], 'a notification with another ApiKey is ignored')
  t.strictSame(drift('no JSON'), [])
})

t.test('drift contains no number, key or text', async t => {
  const numbers = [
    BUSINESS_NUMBER,
    BUSINESS_NUMBER.slice(2),
    '(555) 034-7567',
    '555.034.7567',
    '5 5 5 0 3 4 7 5 6 7',
    '+1 (555) - 034 - 7567',
    '٥٥٥٠٣٤٧٥٦٧'
  ]
  for (const secret of [
    ...numbers,
    DOCUMENTED_API_KEY,
    DOCUMENTED_API_KEY.toUpperCase(),
    DOCUMENTED_API_KEY.replaceAll('-', ''),
    '0123456789abcdef01234567'
  ]) {
    for (const apiKey of [DOCUMENTED_API_KEY, null]) {
      const body = {
        ...STARTED,
        ApiKey: undefined,
        EventType: `x ${secret}`,
        [secret]: secret,
        [`_${secret}_`]: { [secret]: [secret] },
        Body: { ...STARTED?.Body, [secret]: { a: { b: secret } } }
      }
      const reported = JSON.stringify(drift(body, apiKey))
      t.notMatch(reported, /(?!0)\p{Nd}|c9e|bcd/iu, `${secret}: ${reported}`)
    }
  }
})

t.test('names and samples are limited and clean', async t => {
  const odd = {
    ['\u0000'.repeat(5)]: 1,
    '\ud800': '\udc00'.repeat(100),
    ' ': 1,
    '': 1,
    ['x'.repeat(500)]: 'y'.repeat(100_000),
    deep: { a: { b: { c: { d: { e: 1 } } } } },
    wide: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i]))
  }
  for (const { field, sample } of drift({ ...STARTED, ...odd })) {
    t.ok(field.length > 0 && field.length <= 100 && sample.length <= 200)
    t.ok((field + sample).isWellFormed() && !(field + sample).includes('\u0000'))
  }
  t.equal(drift({ ...STARTED, deep: odd.deep })[0]?.sample, '{a: {b: {c: {d: {…}}}}}')
  const many = drift({
    ...STARTED,
    ...Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`a${'b'.repeat(i % 90)}${String.fromCharCode(0x4e00 + i)}`, 1])
    )
  })
  t.equal(many.length, 51)
  t.equal(many.at(-1)?.field, '…')
})

t.test('every field that the parser reads is a known field', async t => {
  const directory = path.join(PROJECT_ROOT, 'src/mightycall/webhook')
  const sources = readdirSync(directory).map(file => readFileSync(path.join(directory, file), 'utf8'))
  const names = sources.flatMap(source => [...source.matchAll(/get\('(\w+)'\)/g)].map(([, name = '']) => name))
  t.ok(names.length > 20, `${names.length} reads`)
  for (const name of names) t.ok(isKnownField(name) || ATTACHMENT_FIELDS.has(name), name)
})
