import t, { type Test } from 'tap'
import type { Event } from '../../src/events/event.js'
import { randomId } from '../../src/events/identity.js'
import { createCallHold } from '../../src/reconcile/gaps/held-calls.js'
import { ROUTE_READERS } from '../../src/reconcile/routes/all-routes.js'
import { loadAwaitedRoutes } from '../../src/reconcile/schedule.js'
import { projectorOf } from '../support/company.js'
import { freshDatabase } from '../support/database.js'
import { atMinute, reportedCall, webhookEventsOf } from '../support/reported-calls.js'

async function setUpEvents(t: Test, events: Event[]) {
  const { pool } = await freshDatabase(t)
  await projectorOf(pool)(events)
  return {
    pool,
    awaitedAt: async (at: number) => [
      ...(await loadAwaitedRoutes(pool, ROUTE_READERS, { account: 'default', now: atMinute(at) }))
    ]
  }
}

const report = (callId: string, overrides: object = {}): Event => ({
  ...reportedCall(callId, 1, 0),
  id: randomId(),
  ...overrides
})
const voicemail = (transcriptState: 'ready' | null, at: number): Event => ({
  type: 'voicemail.reported',
  id: randomId(),
  account: 'default',
  source: 'rest',
  route: 'voicemails',
  raw: {},
  occurredAt: atMinute(at).toISOString(),
  receivedAt: atMinute(at).toISOString(),
  voicemailId: 'v',
  callId: 'a',
  businessNumber: null,
  clientNumber: null,
  clientName: null,
  leftAt: atMinute(1).toISOString(),
  durationSeconds: 20,
  assignedTo: null,
  read: null,
  transcriptState,
  transcriptText: null,
  recordingId: null,
  recordingLink: null,
  removedAt: null
})

t.test('a call that has ended is awaited until it is listed, for at most an hour', async t => {
  const { awaitedAt } = await setUpEvents(t, webhookEventsOf('a', 1, 0))
  t.same([await awaitedAt(2), await awaitedAt(60), await awaitedAt(62)], [['calls'], ['calls'], []])
  const listed = await setUpEvents(t, [...webhookEventsOf('a', 1, 0), report('a')])
  t.same(await listed.awaitedAt(3), [])
})

t.test('a call that only the journal reports is still awaited', async t => {
  const { awaitedAt } = await setUpEvents(t, [...webhookEventsOf('a', 1, 0), report('a', { route: 'journal' })])
  t.same(await awaitedAt(3), ['calls'])
})

t.test('a call in progress is awaited once it has had no events for a while', async t => {
  const { awaitedAt } = await setUpEvents(t, webhookEventsOf('a', 1, 0).slice(0, 1))
  t.same(
    [await awaitedAt(2), await awaitedAt(4), await awaitedAt(15), await awaitedAt(16)],
    [[], ['calls'], ['calls'], []],
    'after some silence it is requested by its id'
  )
})

t.test('a voicemail is awaited until its transcript is ready', async t => {
  const known = [...webhookEventsOf('a', 1, 0), report('a', { status: 'voicemail' })]
  const awaited = async (...events: Event[]) => (await setUpEvents(t, [...known, ...events])).awaitedAt(10)
  t.same(await awaited(), ['voicemails'])
  t.same(await awaited(voicemail(null, 3)), ['voicemails'])
  t.same(await awaited(voicemail('ready', 3)), [])
})

t.test('a held call is awaited once it is due, since the next read of calls releases it', async t => {
  const { pool, awaitedAt } = await setUpEvents(t, [])
  t.same(await awaitedAt(2), [])
  await createCallHold(pool).takeDue('default', [reportedCall('a', 1, 0)], { now: atMinute(2) })
  t.same([await awaitedAt(2), await awaitedAt(15.9), await awaitedAt(16)], [[], [], ['calls']])
})
