import t from 'tap'
import { RestUnexpectedError } from '../../../src/errors.js'
import { readResponse } from '../../../src/mightycall/rest/read-response.js'
import type { Route } from '../../../src/mightycall/rest/route.js'
import { call, calls } from '../../../src/mightycall/rest/routes/calls.js'
import { contacts } from '../../../src/mightycall/rest/routes/contacts.js'
import { journal, journalRequest } from '../../../src/mightycall/rest/routes/journal.js'
import { sendMessage } from '../../../src/mightycall/rest/routes/messages.js'
import { voicemail } from '../../../src/mightycall/rest/routes/voicemails.js'

const read = <R extends Route>(route: R, json: unknown) => readResponse(route, json, () => {}).body

t.test('every envelope is unwrapped', async t => {
  for (const json of [
    { data: { requests: [{ id: 'a' }], currentPage: 1 }, isSuccess: true },
    { data: { requests: [{ id: 'a' }], currentPage: 1 }, message: 'Ok' },
    { requests: [{ id: 'a' }], currentPage: 1 },
    { data: [{ id: 'a' }] },
    [{ id: 'a' }]
  ])
    t.strictSame(read(journal, json).requests, [{ id: 'a' }], JSON.stringify(json))
  t.strictSame(read(journal, { requests: [] }), { requests: [] }, 'an empty list is not an error')
  t.equal(read(sendMessage, { message: 'sent', id: 'x' }).id, 'x')
})

t.test('values of closed sets are case-insensitive', async t => {
  for (const callStatus of ['VoiceMail', 'voicemail', 'VOICEMAIL', 'voiceMail'])
    t.equal(read(call, { id: 'a', callStatus }).callStatus, 'VoiceMail')
  t.strictSame(
    read(journalRequest, {
      id: 'a',
      state: 'noanswer',
      origin: 'INBOUND',
      agent: { type: 'voicemailbox', agentRole: 'transferReceiver' }
    }),
    { id: 'a', state: 'NoAnswer', origin: 'Inbound', agent: { type: 'voiceMailBox', agentRole: 'TransferReceiver' } }
  )
})

t.test('durations are decoded to seconds from the unit of each route', async t => {
  t.equal(read(call, { id: 'a', duration: '23066' }).duration, 23.066)
  t.equal(read(call, { id: 'a', duration: 0 }).duration, 0)
  t.equal(read(call, { id: 'a', duration: null }).duration, null)
  t.equal(read(voicemail, { id: 'a', duration: '185' }).duration, 185)
  for (const [text, seconds] of [
    ['00:01:20', 80],
    ['1.02:03:04.5', 93_784.5],
    ['100:00:00', 360_000]
  ] as const)
    t.equal(read(journalRequest, { id: 'a', duration: text }).duration, seconds, text)
  t.throws(
    () => read(call, { id: 'a', duration: '00:01:20' }),
    { code: 'MCS_REST_UNEXPECTED', message: /at \/duration$/ },
    'a clock format is not read as milliseconds'
  )
  t.throws(
    () => read(journalRequest, { id: 'a', duration: '80000' }),
    { code: 'MCS_REST_UNEXPECTED' },
    'milliseconds are not read as a clock format'
  )
})

t.test('instants are UTC with and without Z, and the empty date of .NET is null', async t => {
  for (const text of [
    '2026-11-23T08:00:00Z',
    '2026-11-23T08:00:00.0000000+00:00',
    '2026-11-23T08:00:00',
    '2026-11-23T10:00:00+02:00'
  ]) {
    t.strictSame(read(call, { id: 'a', dateTimeUtc: text }).dateTimeUtc, new Date('2026-11-23T08:00:00Z'), text)
  }
  t.equal(read(sendMessage, { sendTime: '0001-01-01T00:00:00' }).sendTime, null)
  t.equal(read(journalRequest, { id: 'a', requestGuid: '00000000-0000-0000-0000-000000000000' }).requestGuid, null)
})

for (const { name, route, json, at } of [
  { name: 'a string for a list', route: calls, json: { data: { calls: 'SECRET' } }, at: '/data/calls' },
  { name: 'a missing list', route: calls, json: { data: {}, isSuccess: true }, at: '/data/calls' },
  {
    name: 'calls, most of them without an id',
    route: calls,
    json: { data: { calls: [{ id: 'a' }, { duration: '1' }, { id: 1 }] } },
    at: '/data/calls/1/id'
  },
  {
    name: 'a number in a nested object',
    route: calls,
    json: { data: { calls: [{ id: 'a', caller: { phone: 15_550_001_111 } }] } },
    at: '/data/calls/0/caller/phone'
  },
  { name: 'an invalid date', route: calls, json: [{ id: 'a', dateTimeUtc: 'SECRET' }], at: '/calls/0/dateTimeUtc' },
  { name: 'a string', route: contacts, json: 'SECRET', at: '/' },
  { name: 'null', route: contacts, json: { data: null }, at: '/data/' }
]) {
  t.test(`the error for an unexpected shape has the path and not the value: ${name}`, async t => {
    const expected = new RestUnexpectedError(`GET ${route.paths.classic}, unreadable value at ${at}`)
    t.throws(() => read(route as Route, json), expected)
  })
}

t.test('unknown fields are reported once each, without their values, and are not an error', async t => {
  const drifts: unknown[] = []
  const unknown = {
    id: 'a',
    mood: 'Jolly',
    caller: { name: 'A', '+15551112233': 7 },
    callStatus: 'Parked',
    __proto__: null
  }
  const { body, raw } = readResponse(calls, { data: { calls: [unknown, unknown], hint: [1, 2] } }, drift =>
    drifts.push(drift)
  )
  t.strictSame(drifts, [
    { type: 'GET /calls', field: 'calls[].mood', sample: 'xxxxx' },
    { type: 'GET /calls', field: 'calls[].caller.+#', sample: '0' },
    { type: 'GET /calls', field: 'calls[].callStatus', sample: 'xxxxxx' },
    { type: 'GET /calls', field: 'hint', sample: '[0, …]' }
  ])
  t.strictSame(body.calls[0], { id: 'a', caller: { name: 'A' }, callStatus: null })
  t.strictSame(raw, { calls: [unknown, unknown], hint: [1, 2] }, 'the raw response is unchanged')
})

t.test('the number of reported fields is limited, and deep nesting does not crash', async t => {
  let reported = 0
  readResponse(
    call,
    { id: 'a', ...Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`name${i.toString(36)}x`, 1])) },
    () => {
      reported++
    }
  )
  t.ok(reported > 0 && reported <= 50)
  const deep = JSON.parse(`{ "id": "a", "x": ${'['.repeat(200_000)}${']'.repeat(200_000)} }`)
  t.throws(() => read(call, deep), { code: 'MCS_REST_UNEXPECTED' })
})
