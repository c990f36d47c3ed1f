import t from 'tap'
import type { CallEvent } from '../../src/events/call.js'
import type { Event, Folded } from '../../src/events/event.js'
import type { StatusEvent } from '../../src/events/status.js'
import { momentOf } from '../../src/events/time.js'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { reparse } from '../../src/mightycall/webhook/reparse.js'
import { foldCall } from '../../src/project/models/calls/fold.js'
import { foldPresence } from '../../src/project/models/presences.js'
import { projector } from '../support/projection.js'
import { queryApi } from '../support/query-api.js'

const RECEIVED = Date.parse('2026-11-23T08:00:00Z')
const minute = (number: number) => new Date(RECEIVED + number * 60_000)

/** A notification that is received after `received` minutes and whose Timestamp is `occurred` minutes. */
function notified(body: object, { received, occurred }: { received: number; occurred: number }): Event {
  const event = parseNotification(
    { id: 'default', apiKey: null, region: 'US' },
    Buffer.from(JSON.stringify({ ...body, Timestamp: minute(occurred).toISOString() })),
    minute(received)
  )
  if (!event) throw new Error('an empty body')
  return event
}

for (const [aheadMinutes, expected] of [
  [-60, { isKept: true, suspect: false }],
  [5, { isKept: true, suspect: false }],
  [5.001, { isKept: true, suspect: true }],
  [24 * 60, { isKept: true, suspect: true }],
  [24 * 60 + 0.001, { isKept: false, suspect: true }]
] as const) {
  const { isKept, suspect } = expected
  t.test(
    `an event that occurred ${aheadMinutes} min after its receipt ${suspect ? 'is' : 'is not'} suspect`,
    async t => {
      t.match(momentOf(minute(aheadMinutes).toISOString(), minute(0)), {
        occurredAt: minute(isKept ? aheadMinutes : 0).toISOString(),
        suspect
      })
    }
  )
}

t.test('a suspect event keeps its time when it is parsed again', async t => {
  const event = notified({ EventType: 'IncomingCall', CallId: 'a' }, { received: 0, occurred: 600 })
  t.match(event, { clock: 'suspect', occurredAt: minute(600).toISOString() })
  t.strictSame(reparse(event, { region: 'US' }), event)
})

t.test('a call was last seen by its newest event with a right clock', async t => {
  const at = (EventType: string, received: number, occurred: number) =>
    notified({ EventType, CallId: 'a', Extension: '101' }, { received, occurred }) as CallEvent
  const started = at('IncomingCall', 0, 0)
  const ringing = at('IncomingCallRinging', 1, 1)
  const ahead = at('IncomingCallConnected', 2, 300)
  const lastEventAt = (...events: CallEvent[]) => foldCall(events)?.lastEventAt
  t.equal(lastEventAt(started, ahead, ringing), minute(1).getTime())
  t.equal(lastEventAt(ahead), minute(2).getTime(), 'without one, when it was received')
})

t.test('a report of a wrong clock does not hide later ones', async t => {
  const report = (presence: 'available' | 'dnd', received: number, occurred: number): Folded<StatusEvent> => ({
    id: String(received),
    type: 'status.reported',
    account: 'default',
    source: 'webhook',
    occurredAt: minute(occurred).toISOString(),
    receivedAt: minute(received).toISOString(),
    ...(occurred > received + 5 && { clock: 'suspect' }),
    extension: '101',
    presence,
    route: 'webhook'
  })
  t.match(foldPresence([report('available', 0, 0), report('dnd', 1, 600), report('available', 2, 2)]), [
    { presence: 'available', since: minute(0).getTime(), until: minute(1).getTime() },
    { presence: 'dnd', since: minute(1).getTime(), until: minute(2).getTime() },
    { presence: 'available', since: minute(2).getTime(), until: null, seenAt: minute(2).getTime() }
  ])
})

t.test('a clock of a receiver that has jumped ahead does not hide later receipts', async t => {
  const { pool, project } = await projector(t)
  const call = (received: number) =>
    notified({ EventType: 'IncomingCall', CallId: `call-${received}`, Surprise: 1 }, { received, occurred: received })
  await project([call(0), call(2000)])
  await project([call(1)], 10)
  const { get } = await queryApi(t, pool, () => minute(2))
  t.match((await get('/v1/system')).json(), { webhooks: [{ lastAt: minute(1).toISOString() }] })
  t.match((await get('/v1/drift')).json(), { data: [{ field: 'Surprise', lastSeenAt: minute(1).toISOString() }] })
})
