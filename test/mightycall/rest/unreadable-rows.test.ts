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
    name: 'a number for a string in a nested object',
    route: calls,
    list: 'calls',
    bad: { id: 'b', called: [{ phone: '1' }, { phone: 15_550_001_111 }] },
    drift: { field: 'calls[].called[].phone', sample: '00000000000' }
  },
  {
    name: 'an invalid date',
    route: calls,
    list: 'calls',
    bad: { id: 'b', dateTimeUtc: 'Secret 12' },
    drift: { field: 'calls[].dateTimeUtc', sample: 'xxxxxx 00' }
  },
  { name: 'deep nesting', route: calls, list: 'calls', bad: deep, drift: { field: 'calls[].x' } },
  {
    name: 'null for a row',
    route: journal,
    list: 'requests',
    bad: null,
    drift: { field: 'requests[]', sample: 'null' }
  }
]) {
  t.test(`an unreadable row does not affect other rows and is reported as drift: ${name}`, async t => {
    const rows = [{ id: 'a' }, bad, { id: 'c' }]
    const { body, raw, unreadableRows, drifts } = read(route, { data: { [list]: rows } })
    t.strictSame(body, { [list]: [{ id: 'a' }, { id: 'c' }] })
    t.strictSame(unreadableRows, { [list]: new Set([1]) })
    t.equal((raw as Record<string, unknown>)[list], rows, 'the raw response has all rows')
    t.match(drifts, [{ type: `GET ${route.paths.classic}`, ...drift }])
    t.notMatch(JSON.stringify(drifts), /Secret|1555/)
  })
}

t.test('the lists of a response are checked separately', async t => {
  const { body, unreadableRows } = read(phoneNumbers, {
    phoneNumbers: [{ number: '+1' }, { number: '' }, { number: '+2' }],
    deletedPhoneNumbers: [{ number: 7 }, { number: '+3' }]
  })
  t.strictSame(body, { phoneNumbers: [{ number: '+1' }, { number: '+2' }], deletedPhoneNumbers: [{ number: '+3' }] })
  t.strictSame(unreadableRows, { phoneNumbers: new Set([1]), deletedPhoneNumbers: new Set([0]) })
})

t.test('a response is refused when most of its rows are unreadable', async t => {
  const { err, drifts } = read(calls, {
    calls: [{ id: 'a' }, { id: 'b', duration: '00:01' }, { id: 'c', duration: '00:02' }]
  })
  t.match(err, { code: 'MCS_REST_UNEXPECTED', message: /at \/calls\/1\/duration$/ })
  t.ok(isUnreadableResponse(err))
  t.strictSame(
    drifts,
    [{ type: 'GET /calls', field: 'calls[].duration', sample: '00:00' }],
    'the field is reported as drift'
  )
})

t.test('an unreadable value that is not a row makes the whole response unreadable', async t => {
  const { err, drifts } = read(call, {
    id: 'a',
    called: [{ phone: '+15550001111' }, { phone: 7 }, { phone: '+15550001112' }]
  })
  t.match(err, { message: /at \/called\/1\/phone$/ })
  t.strictSame(drifts, [{ type: 'GET /calls/{id}', field: 'called[].phone', sample: '0' }])
})
