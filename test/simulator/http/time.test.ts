import t from 'tap'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { calls } from '../../../src/mightycall/rest/routes/calls.js'
import { contacts } from '../../../src/mightycall/rest/routes/contacts.js'
import { profileStatus } from '../../../src/mightycall/rest/routes/profile.js'
import { simulateCompany } from '../../../src/simulator/company.js'
import { callRow, visibleCalls } from '../../../src/simulator/http/state/call-rows.js'
import { journalRow, visibleEntries } from '../../../src/simulator/http/state/journal-rows.js'
import { truthAt } from '../../../src/simulator/http/state/truth-at.js'
import { createWorld } from '../../../src/simulator/http/state/world.js'
import { COMPANY_START } from '../../support/company.js'
import { simulatedRest } from '../../support/simulated-mightycall.js'

const MINUTE_MS = 60_000
const ALL_TIME = {
  startUtc: new Date(COMPANY_START),
  endUtc: new Date(COMPANY_START + 30 * 24 * HOUR_MS),
  pageSize: 1000
}

t.test('a call is listed at most 15 minutes after its end, and its recording may follow later', async t => {
  const world = createWorld({ seed: 3, startAt: COMPANY_START, calls: 60 }, { nilGuids: false })
  const listed = new Map<string, number>()
  const recorded = new Map<string, number>()
  let open = 0
  for (let now = COMPANY_START; now <= COMPANY_START + 8 * HOUR_MS; now += MINUTE_MS) {
    for (const call of visibleCalls(world, now)) {
      if (!listed.has(call.callId)) listed.set(call.callId, now)
      if (callRow(world, call, now).callRecord !== undefined && !recorded.has(call.callId))
        recorded.set(call.callId, now)
    }
    open += truthAt(world, now).calls.filter(call => call.state !== 'ended').length
  }
  const late = world.truth.calls.map(({ id, endedAt }) => (listed.get(id) ?? Number.POSITIVE_INFINITY) - endedAt)
  t.ok(
    late.every(ms => ms > 0 && ms <= 15 * MINUTE_MS),
    `${Math.max(...late)} ms`
  )
  t.ok(
    late.some(ms => ms > 3 * MINUTE_MS),
    'some calls are listed minutes later'
  )
  t.ok(
    [...recorded].some(([id, at]) => at > (listed.get(id) ?? 0)),
    'some recordings are listed after their call'
  )
  t.ok(open > 0, 'the ground truth has calls in progress, which REST does not list')
})

t.test('the ground truth shows since when REST lists a call', async t => {
  const { client, clock, truth } = await simulatedRest(t)
  const { id, shownAt } = truth().calls[7] ?? {}
  const isListed = async () =>
    (await client.send(calls, { query: ALL_TIME }, 'sync')).body.calls.some(call => call.id === id)
  clock.set(Number(shownAt) - 1)
  t.equal(await isListed(), false)
  t.equal(truth().calls.find(call => call.id === id)?.shownAt, null)
  clock.set(Number(shownAt))
  t.equal(await isListed(), true)
})

t.test('without an interval, the calls of the last 24 h are listed', async t => {
  const { client } = await simulatedRest(t, { at: COMPANY_START + 26 * HOUR_MS })
  const [all, newest] = await Promise.all(
    [ALL_TIME, { pageSize: 1000 }].map(async query => (await client.send(calls, { query }, 'sync')).body.calls)
  )
  const isOfDay = (at: Date | null | undefined) => Number(at) >= COMPANY_START + 2 * HOUR_MS
  t.strictSame(
    newest?.map(({ id }) => id),
    all?.filter(({ dateTimeUtc }) => isOfDay(dateTimeUtc)).map(({ id }) => id)
  )
  t.ok((newest?.length ?? 0) < (all?.length ?? 0))
})

t.test('a transcript follows its voicemail, which is marked as read later', async t => {
  const world = createWorld({ seed: 3, startAt: COMPANY_START, calls: 200, hours: 6 }, { nilGuids: false })
  const states = new Map<string, string[]>()
  for (let now = COMPANY_START; now <= COMPANY_START + 8 * HOUR_MS; now += MINUTE_MS) {
    for (const entry of visibleEntries(world, now)) {
      if (entry.kind !== 'call' || entry.voicemail === null) continue
      const { voicemail, read } = journalRow(world, entry, { resolveContacts: false, showUsers: false, now }) as {
        voicemail: { speechRecognitionStatus: string }
        read: boolean
      } // the row of a call with a voicemail has both
      const state = `${voicemail.speechRecognitionStatus} ${read ? 'read' : 'new'}`
      const own = states.get(entry.call.callId) ?? []
      if (own.at(-1) !== state) states.set(entry.call.callId, [...own, state])
    }
  }
  const seen = [...states.values()].map(own => own.join(', '))
  t.ok(
    seen.some(own => own.includes('notPerformed new, success new')),
    'a transcript was added later'
  )
  t.ok(
    seen.some(own => own.includes('success new, success read')),
    'a voicemail was read later'
  )
})

t.test('updatedSince lists only contacts that were changed or deleted since', async t => {
  const { client, clock } = await simulatedRest(t, { companyOptions: { contacts: 40 } })
  const since = COMPANY_START + 2 * HOUR_MS
  clock.set(since)
  const {
    body: { contacts: before }
  } = await client.send(contacts, { query: {} }, 'sync')
  clock.set(since + 7 * 24 * HOUR_MS)
  const {
    body: { contacts: changed }
  } = await client.send(contacts, { query: { updatedSince: new Date(since) } }, 'sync')
  const {
    body: { contacts: after }
  } = await client.send(contacts, { query: {} }, 'sync')
  t.ok(changed?.some(({ state }) => state === 'deleted') && changed.some(({ state }) => !state))
  const merged = new Map([...(before ?? []), ...(changed ?? [])].map(contact => [contact.contactId, contact]))
  t.strictSame(
    [...merged.values()]
      .filter(({ state }) => state !== 'deleted')
      .sort((a, b) => (String(a.contactId) < String(b.contactId) ? -1 : 1)),
    after,
    'the earlier contacts with the changes applied equal the current contacts'
  )
})

t.test('the presence of a user follows the ground truth', async t => {
  const { client, clock, company } = await simulatedRest(t)
  const spans = simulateCompany(company).truth.presences.filter(({ extension }) => extension === '101')
  t.ok(spans.length > 2)
  for (const { since, until, presence } of spans) {
    clock.set(since)
    t.match((await client.send(profileStatus, {}, 'sync')).body, { status: presence })
    if (until === null) continue
    clock.set(until - 1)
    t.match((await client.send(profileStatus, {}, 'sync')).body, { status: presence })
  }
})
