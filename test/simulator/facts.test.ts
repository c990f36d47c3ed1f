import assert from 'node:assert/strict'
import t from 'tap'
import { type Event, entityOf } from '../../src/events/event.js'
import { decodeRecord, encodeEvent } from '../../src/events/record.js'
import { simulateCompany } from '../../src/simulator/company.js'

const START = Date.UTC(2026, 10, 23, 8)
const { truth, facts } = simulateCompany({
  seed: 1,
  startAt: START,
  calls: 400,
  messages: 400,
  contacts: 40,
  presenceChanges: 300
})

/** The facts of each entity, oldest first. */
const byEntity = new Map<string, Event[]>()
for (const fact of facts) {
  const { kind, entity } = entityOf(fact)
  const key = `${kind} ${entity}`
  byEntity.set(key, [...(byEntity.get(key) ?? []), fact])
}
const factsOf = (kind: string, entity: string) => byEntity.get(`${kind} ${entity}`) ?? []
const seconds = (at: string | null) => (at === null ? null : Date.parse(at))

t.test('every fact is a valid event with an id of its own, and facts are ordered by time', async t => {
  for (const fact of facts) assert.deepEqual(decodeRecord({ value: encodeEvent(fact).value }), fact)
  t.equal(new Set(facts.map(fact => fact.id)).size, facts.length)
  t.strictSame(
    facts.map(fact => fact.occurredAt),
    facts.map(fact => fact.occurredAt).sort()
  )
})

t.test('each type of fact occurs', async t => {
  const types = [
    'call.reported',
    'contact.removed',
    'contact.reported',
    'extension.reported',
    'message.reported',
    'number.reported',
    'range.polled',
    'status.reported',
    'voicemail.reported'
  ]
  t.strictSame([...new Set(facts.map(fact => fact.type))].filter(type => type !== 'number.removed').sort(), types)
  t.ok(
    Array.from({ length: 20 }, (_, seed) => simulateCompany({ seed, startAt: START, calls: 0 })).some(company =>
      company.facts.some(fact => fact.type === 'number.removed')
    )
  )
})

t.test('every call is reported correctly after its end', async t => {
  for (const { id, direction, businessNumber, clientNumber, startedAt, endedAt, withRest, legs } of truth.calls) {
    const reports = factsOf('call', id).flatMap(fact => (fact.type === 'call.reported' ? [fact] : []))
    assert.ok(reports.some(report => report.route === 'calls'))
    for (const report of reports) {
      assert.ok(Date.parse(report.occurredAt) > endedAt)
      assert.deepEqual(
        [
          report.direction,
          report.businessNumber,
          report.clientNumber,
          report.clientName,
          seconds(report.startedAt),
          report.durationSeconds
        ],
        [direction, businessNumber, clientNumber, withRest.clientName, startedAt, (endedAt - startedAt) / 1000]
      )
      assert.deepEqual(
        report.parties
          .filter(party => party.connected)
          .map(party => party.extension)
          .sort(),
        [...new Set(legs.filter(leg => leg.connectedAt !== null).map(leg => leg.extension))].sort()
      )
    }
    assert.deepEqual(reports.at(-1)?.recordingLink ?? null, withRest.recordingLink)
  }
  t.pass()
})

t.test('the newest fact of a voicemail, a message, a number and a contact equals its row', async t => {
  for (const row of truth.voicemails) {
    const newest = factsOf('voicemail', row.voicemailId).at(-1)
    assert.ok(newest?.type === 'voicemail.reported')
    assert.deepEqual(
      [newest.callId, newest.read, newest.transcriptText, seconds(newest.leftAt), seconds(newest.removedAt)],
      [row.callId, row.read, row.transcriptText, row.leftAt, row.removedAt]
    )
  }
  for (const row of truth.messages) {
    const newest = factsOf('message', row.messageId).at(-1)
    assert.ok(newest?.type === 'message.reported')
    assert.deepEqual(
      [newest.direction, newest.text, newest.read, newest.extension, seconds(newest.sentAt), seconds(newest.removedAt)],
      [row.direction, row.text, row.read, row.extension, row.sentAt, row.removedAt]
    )
  }
  for (const row of truth.numbers) {
    const newest = factsOf('number', row.number).at(-1)
    assert.ok(
      newest?.type === 'number.removed'
        ? !row.isActive
        : newest?.type === 'number.reported' && newest.enabled === row.isActive && newest.label === row.label
    )
  }
  for (const row of truth.contacts) {
    const newest = factsOf('contact', row.contactId).at(-1)
    assert.equal(newest?.occurredAt, new Date(row.updatedAt).toISOString())
    assert.ok(newest.type === 'contact.removed' ? row.removedAt === row.updatedAt : row.removedAt === null)
  }
  t.equal(truth.voicemails.length, truth.calls.filter(call => call.withRest.outcome === 'voicemail').length)
})

t.test('a thread has its newest message and the number of unread messages', async t => {
  t.ok(truth.threads.length > 1)
  for (const thread of truth.threads) {
    const own = truth.messages.filter(
      message =>
        message.removedAt === null &&
        message.businessNumber === thread.businessNumber &&
        message.clientNumber === thread.clientNumber
    )
    assert.equal(Math.max(...own.map(message => message.sentAt)), thread.lastMessageAt)
    assert.equal(own.filter(message => message.direction === 'inbound' && !message.read).length, thread.unread)
  }
})

t.test('the REST API refines only the outcomes that webhooks cannot distinguish', async t => {
  const refined = new Set(
    truth.calls
      .filter(call => call.outcome !== call.withRest.outcome)
      .map(call => `${call.outcome} → ${call.withRest.outcome}`)
  )
  t.strictSame([...refined].sort(), [
    'abandoned → dropped',
    'missed → dropped',
    'missed → voicemail',
    'unanswered → canceled'
  ])
})

t.test('an extension is listed when it is reported or took part in a call', async t => {
  const seen = new Set(truth.calls.flatMap(call => call.legs.map(leg => leg.extension)))
  const reported = truth.staff.agents.filter(agent => agent.isReported).map(agent => agent.extension)
  t.strictSame(truth.extensions.map(row => row.extension).sort(), [...new Set([...seen, ...reported])].sort())
  for (const row of truth.extensions) t.equal(row.displayName !== null, reported.includes(row.extension))
})

t.test('every hour of a company is polled, and each call is in exactly one of them', async t => {
  const hours = facts.flatMap(fact => (fact.type === 'range.polled' && fact.polled === 'calls' ? [fact] : []))
  t.equal(
    hours.reduce((sum, { count }) => sum + count, 0),
    truth.calls.length
  )
  t.ok(hours.every(hour => hour.occurredAt > hour.until))
})
