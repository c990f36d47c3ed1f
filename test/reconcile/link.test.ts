import t, { type Test } from 'tap'
import type { Event } from '../../src/events/event.js'
import { randomId } from '../../src/events/identity.js'
import { type CallFact, createCallHold } from '../../src/reconcile/gaps/held-calls.js'
import { linkPage } from '../../src/reconcile/link.js'
import type { UnlinkedRow } from '../../src/reconcile/route-reader.js'
import { projectorOf } from '../support/company.js'
import { freshDatabase } from '../support/database.js'

const START = Date.UTC(2026, 10, 23, 8)
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString()
const restFields = { account: 'acme', occurredAt: at(3_600), receivedAt: at(3_600), source: 'rest' as const, raw: {} }
const parties = { businessNumber: '+15550100001', clientNumber: '+15559371200', clientName: null }
const report = {
  ...restFields,
  ...parties,
  direction: 'inbound' as const,
  status: 'voicemail' as const,
  durationSeconds: 60,
  parties: [],
  recordingId: null,
  recordingLink: null
}

const call = (callId: string, seconds: number, overrides: object = {}): Event => ({
  ...report,
  id: randomId(),
  type: 'call.reported',
  callId,
  route: 'calls',
  startedAt: at(seconds),
  ...overrides
})
const voicemail = (voicemailId: string, seconds: number, overrides: object = {}): Event => ({
  ...restFields,
  ...parties,
  id: randomId(),
  type: 'voicemail.reported',
  voicemailId,
  route: 'voicemails',
  callId: null,
  leftAt: at(seconds),
  durationSeconds: 20,
  assignedTo: null,
  read: null,
  transcriptState: null,
  transcriptText: null,
  recordingId: null,
  recordingLink: null,
  removedAt: null,
  ...overrides
})

function row(
  seconds: number,
  {
    callId = null,
    withVoicemail = false,
    ...overrides
  }: { callId?: string | null; withVoicemail?: boolean; [field: string]: unknown } = {}
): UnlinkedRow {
  const found = {
    ...report,
    type: 'call.reported' as const,
    route: 'journal' as const,
    startedAt: at(seconds),
    ...overrides
  }
  const left = {
    ...restFields,
    ...parties,
    type: 'voicemail.reported' as const,
    route: 'journal' as const,
    leftAt: null,
    durationSeconds: 20,
    assignedTo: null,
    read: null,
    transcriptState: 'ready' as const,
    transcriptText: 'hi',
    recordingId: null,
    recordingLink: null,
    removedAt: null
  }
  return { callId, call: found, voicemail: withVoicemail ? left : null }
}

async function linker(t: Test, events: Event[]) {
  const { pool } = await freshDatabase(t)
  await projectorOf(pool)(events)
  return async (...unlinked: UnlinkedRow[]) => {
    const { facts, unlinked: count } = await linkPage(pool, 'acme', { facts: [], unlinked })
    return {
      found: facts.map(fact =>
        fact.type === 'call.reported'
          ? fact.callId
          : fact.type === 'voicemail.reported'
            ? `${fact.voicemailId} in ${fact.callId}`
            : fact.type
      ),
      inferred: facts.map(fact => 'inferred' in fact),
      unlinked: count
    }
  }
}

t.test('a row is linked to the call with its numbers and the nearest start, and marked as inferred', async t => {
  const link = await linker(t, [
    call('a', 0),
    call('b', 8),
    call('c', 0, { clientNumber: '+15559371299' }),
    call('d', 0, { account: 'other' })
  ])
  t.strictSame(await link(row(1), row(5)), { found: ['a', 'b'], inferred: [true, true], unlinked: 0 })
  t.strictSame(await link(row(12.9)), { found: ['b'], inferred: [true], unlinked: 0 })
  for (const [why, unlinked] of Object.entries({
    'it began 6 s later': row(14.1),
    'another client': row(0, { clientNumber: '+15559371298' }),
    'another business number': row(0, { businessNumber: '+15550100002' }),
    'no number': row(0, { businessNumber: null }),
    'no time': row(0, { startedAt: null })
  }))
    t.strictSame(await link(unlinked), { found: [], inferred: [], unlinked: 1 }, why)
})

t.test('two rows of the journal are two calls: each call is linked to the nearest row only', async t => {
  const link = await linker(t, [call('a', 0), call('far', 60)])
  t.strictSame(
    await link(row(3), row(0.1)),
    { found: ['a'], inferred: [true], unlinked: 1 },
    'the redial after 3 s has no row yet, and is not taken for the first call'
  )
  const both = await linker(t, [call('a', 0), call('b', 3)])
  t.strictSame(await both(row(3.1), row(0.1)), { found: ['b', 'a'], inferred: [true, true], unlinked: 0 })
})

t.test('a row that is nearest to a held call is linked to no other call', async t => {
  const { pool } = await freshDatabase(t)
  await projectorOf(pool)([call('a', 0)])
  const { id: _, ...held } = call('held', 3)
  await createCallHold(pool).takeDue('acme', [held as CallFact], { now: new Date(at(100)) })
  const link = async (unlinked: UnlinkedRow) =>
    (await linkPage(pool, 'acme', { facts: [], unlinked: [unlinked] })).facts.map(
      fact => fact.type === 'call.reported' && fact.callId
    )
  t.strictSame(await link(row(2.9)), [])
  t.strictSame(await link(row(0.1)), ['a'])
})

t.test('two calls with voicemails in a sequence keep their own', async t => {
  const link = await linker(t, [call('a', 0), call('b', 63), voicemail('va', 58), voicemail('vb', 100)])
  t.strictSame((await link(row(63, { withVoicemail: true }), row(0, { withVoicemail: true }))).found, [
    'b',
    'a',
    'vb in b',
    'va in a'
  ])
})

t.test('a call from a site widget is linked by its name', async t => {
  const link = await linker(t, [call('a', 0, { clientNumber: null, clientName: 'Shop page' })])
  t.strictSame((await link(row(0, { clientNumber: null, clientName: 'Shop page' }))).found, ['a'])
  t.strictSame((await link(row(0, { clientNumber: null, clientName: 'Other page' }))).found, [])
})

t.test('a voicemail is linked to the one that was left during its call, and stays unlinked without one', async t => {
  const link = await linker(t, [call('a', 0), voicemail('v', 40), voicemail('late', 70)])
  t.strictSame(await link(row(0, { withVoicemail: true })), {
    found: ['a', 'v in a'],
    inferred: [true, true],
    unlinked: 0
  })
  t.strictSame(
    await link(row(0, { withVoicemail: true, callId: 'a' })),
    { found: ['v in a'], inferred: [true], unlinked: 0 },
    'the call was reported already'
  )
  t.strictSame(await link(row(1_000, { withVoicemail: true, callId: 'z' })), { found: [], inferred: [], unlinked: 1 })
})

t.test('a voicemail is linked to one call only, and an equal id needs no inference', async t => {
  const link = await linker(t, [voicemail('v1', 40, { callId: 'a' }), voicemail('v2', 41)])
  t.strictSame(
    (await link(row(0, { withVoicemail: true, callId: 'a' }), row(0, { withVoicemail: true, callId: 'b' }))).found,
    ['v1 in a', 'v2 in b']
  )
  t.strictSame(await link(row(0, { withVoicemail: true, callId: 'v2' })), {
    found: ['v2 in v2'],
    inferred: [false],
    unlinked: 0
  })
})
