import t, { type Test } from 'tap'
import type { Event } from '../../src/events/event.js'
import { randomId } from '../../src/events/identity.js'
import { createCallHold } from '../../src/reconcile/gaps/held-calls.js'
import { ROUTE_READERS } from '../../src/reconcile/routes/all-routes.js'
import { loadAwaitedRoutes } from '../../src/reconcile/schedule.js'
import { projectorOf } from '../support/company.js'
import { freshDatabase } from '../support/database.js'
import { minute, notified, reported } from '../support/held.js'

async function knowing(t: Test, events: Event[]) {
  const { pool } = await freshDatabase(t)
  await projectorOf(pool)(events)
  return {
    pool,
    awaitedAt: async (at: number) => [
      ...(await loadAwaitedRoutes(pool, ROUTE_READERS, { account: 'default', now: minute(at) }))
    ]
  }
}

const report = (callId: string, of: object = {}): Event => ({ ...reported(callId, 1, 0), id: randomId(), ...of })
const voicemail = (transcriptState: 'ready' | null, at: number): Event => ({
  type: 'voicemail.reported',
  id: randomId(),
  account: 'default',
  source: 'rest',
  route: 'voicemails',
  raw: {},
  occurredAt: minute(at).toISOString(),
  receivedAt: minute(at).toISOString(),
  voicemailId: 'v',
  callId: 'a',
  businessNumber: null,
  clientNumber: null,
  clientName: null,
  leftAt: minute(1).toISOString(),
  durationSeconds: 20,
  assignedTo: null,
  read: null,
  transcriptState,
  transcriptText: null,
  recordingId: null,
  recordingLink: null,
  removedAt: null
})

t.test('a call that has ended is awaited until it is listed, or for an hour', async t => {
  const { awaitedAt } = await knowing(t, notified('a', 1, 0))
  t.same([await awaitedAt(2), await awaitedAt(60), await awaitedAt(62)], [['calls'], ['calls'], []])
  const told = await knowing(t, [...notified('a', 1, 0), report('a')])
  t.same(await told.awaitedAt(3), [])
})

t.test("the journal's report of it is not the list's", async t => {
  const { awaitedAt } = await knowing(t, [...notified('a', 1, 0), report('a', { route: 'journal' })])
  t.same(await awaitedAt(3), ['calls'])
})

t.test('a call that goes on is awaited when it has shown no sign of life for a while', async t => {
  const { awaitedAt } = await knowing(t, notified('a', 1, 0).slice(0, 1))
  t.same([await awaitedAt(2), await awaitedAt(4)], [[], ['calls']])
})

t.test('a voicemail is awaited until its transcript is there', async t => {
  const known = [...notified('a', 1, 0), report('a', { status: 'voicemail' })]
  const awaited = async (...events: Event[]) => (await knowing(t, [...known, ...events])).awaitedAt(10)
  t.same(await awaited(), ['voicemails'])
  t.same(await awaited(voicemail(null, 3)), ['voicemails'])
  t.same(await awaited(voicemail('ready', 3)), [])
})

t.test('a call that is held is awaited, since a reading of calls lets it out', async t => {
  const { pool, awaitedAt } = await knowing(t, [])
  t.same(await awaitedAt(2), [])
  await createCallHold(pool).takeDue('default', [reported('a', 1, 0)], minute(2))
  t.same(await awaitedAt(2), ['calls'])
})
