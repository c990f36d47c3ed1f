import t from 'tap'
import type { Drift } from '../../../src/events/drift.js'
import { isUnreadableResponse, readResponse } from '../../../src/mightycall/rest/read-response.js'
import type { Route } from '../../../src/mightycall/rest/route.js'
import { call, calls } from '../../../src/mightycall/rest/routes/calls.js'
import { journal } from '../../../src/mightycall/rest/routes/journal.js'
import { phoneNumbers } from '../../../src/mightycall/rest/routes/phone-numbers.js'

function read(route: Route, json: unknown) {
  const drifts: Drift[] = []
  try {
    return {
      ...readResponse(route, json, drift => {
        drifts.push(drift)
      }),
      drifts,
      err: null
    }
  } catch (err) {
    return { body: null, raw: null, unreadableRows: {}, drifts, err: err as Error }
  }
}

const deep = JSON.parse(`{ "id": "b", "x": ${'['.repeat(200_000)}${']'.repeat(200_000)} }`)

for (const { name, route, list, bad, drift } of [
  {
    name: 'no id',
    route: calls,
    list: 'calls',
    bad: { duration: '1' },
    drift: { field: 'calls[].id', sample: 'undefined' }
  },
  {
    name: 'a number for a text, deep within',
    route: calls,
    list: 'calls',
    bad: { id: 'b', called: [{ phone: '1' }, { phone: 15_550_001_111 }] },
    drift: { field: 'calls[].called[].phone', sample: '00000000000' }
  },
  {
    name: 'a date that is none',
    route: calls,
    list: 'calls',
    bad: { id: 'b', dateTimeUtc: 'Secret 12' },
    drift: { field: 'calls[].dateTimeUtc', sample: 'xxxxxx 00' }
  },
  { name: 'nesting without end', route: calls, list: 'calls', bad: deep, drift: { field: 'calls[].x' } },
  { name: 'no row at all', route: journal, list: 'requests', bad: null, drift: { field: 'requests[]', sample: 'null' } }
]) {
  t.test(`a row that cannot be read costs no other, and is drift: ${name}`, async t => {
    const rows = [{ id: 'a' }, bad, { id: 'c' }]
    const { body, raw, unreadableRows, drifts } = read(route, { data: { [list]: rows } })
    t.strictSame(body, { [list]: [{ id: 'a' }, { id: 'c' }] })
    t.strictSame(unreadableRows, { [list]: new Set([1]) })
    t.equal((raw as Record<string, unknown>)[list], rows, 'all stand in what came')
    t.match(drifts, [{ type: `GET ${route.paths.classic}`, ...drift }])
    t.notMatch(JSON.stringify(drifts), /Secret|1555/)
  })
}

t.test('each list of an answer is sifted by itself', async t => {
  const { body, unreadableRows } = read(phoneNumbers, {
    phoneNumbers: [{ number: '+1' }, { number: '' }, { number: '+2' }],
    deletedPhoneNumbers: [{ number: 7 }, { number: '+3' }]
  })
  t.strictSame(body, { phoneNumbers: [{ number: '+1' }, { number: '+2' }], deletedPhoneNumbers: [{ number: '+3' }] })
  t.strictSame(unreadableRows, { phoneNumbers: new Set([1]), deletedPhoneNumbers: new Set([0]) })
})

t.test('most of the rows are another format, which is refused: nothing may pass for read', async t => {
  const { err, drifts } = read(calls, {
    calls: [{ id: 'a' }, { id: 'b', duration: '00:01' }, { id: 'c', duration: '00:02' }]
  })
  t.match(err, { code: 'MCS_REST_UNEXPECTED', message: /at \/calls\/1\/duration$/ })
  t.ok(isUnreadableResponse(err))
  t.strictSame(drifts, [{ type: 'GET /calls', field: 'calls[].duration', sample: '00:00' }], 'and it is drift')
})

t.test('what is no row is not left out of what it belongs to', async t => {
  const { err, drifts } = read(call, {
    id: 'a',
    called: [{ phone: '+15550001111' }, { phone: 7 }, { phone: '+15550001112' }]
  })
  t.match(err, { message: /at \/called\/1\/phone$/ })
  t.strictSame(drifts, [{ type: 'GET /calls/{id}', field: 'called[].phone', sample: '0' }])
})
