import t from 'tap'
import type { Event } from '../../../src/events/event.js'
import { at, polled, status } from '../../support/facts.js'
import { history, START } from '../../support/history.js'
import { projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'

const TALK = 'IncomingCall@10 > IncomingCallRinging(101)@20 > IncomingCallConnected(101)@30 > IncomingCallCompleted@130'
const STALE = 4 * 3_600

interface Rule {
  name: string
  calls?: Record<string, string>
  facts?: Event[]
  /** Seconds from the start. */
  when: number
  /** Of extension 101; `since` in seconds from the start. */
  is: { status: string; presence?: string; since?: number; evidence?: string; ageSeconds?: number; calls?: string[] }
}

const rules: Rule[] = [
  { name: 'idle without a presence is unknown', calls: { a: TALK }, when: 200, is: { status: 'unknown' } },
  {
    name: 'idle is what REST told',
    facts: [status('101', 'available', 5)],
    when: 65,
    is: { status: 'available', presence: 'available', since: 5, evidence: 'rest', ageSeconds: 60 }
  },
  {
    name: 'idle is what REST told last',
    facts: [status('101', 'available', 5), status('101', 'dnd', 50)],
    when: 65,
    is: { status: 'dnd', presence: 'dnd', since: 50, evidence: 'rest', ageSeconds: 15 }
  },
  {
    name: 'what was told later does not count yet',
    calls: { a: 'IncomingCall@10 > IncomingCallRinging(101)@20 > IncomingCallStopRinging(101)@21' },
    facts: [status('101', 'dnd', 50)],
    when: 40,
    is: { status: 'unknown' }
  },
  {
    name: 'a presence that is told again keeps its beginning',
    facts: [status('101', 'dnd', 5), status('101', 'dnd', 50)],
    when: 65,
    is: { status: 'dnd', presence: 'dnd', since: 5, evidence: 'rest', ageSeconds: 15 }
  },
  {
    name: 'a poll that finds nothing new confirms the presence',
    facts: [status('101', 'dnd', 5), polled('101', 50)],
    when: 65,
    is: { status: 'dnd', presence: 'dnd', since: 5, evidence: 'rest', ageSeconds: 15 }
  },
  {
    name: "another's poll does not",
    facts: [status('101', 'dnd', 5), polled('102', 50)],
    when: 65,
    is: { status: 'dnd', presence: 'dnd', since: 5, evidence: 'rest', ageSeconds: 60 }
  },
  {
    name: 'a presence may be told by a webhook',
    facts: [status('101', 'dnd', 5, 'webhook')],
    when: 65,
    is: { status: 'dnd', presence: 'dnd', since: 5, evidence: 'webhook', ageSeconds: 60 }
  },
  {
    name: 'a phone that rings',
    calls: { a: TALK },
    when: 25,
    is: { status: 'ringing', since: 20, evidence: 'webhook', ageSeconds: 5, calls: ['a'] }
  },
  {
    name: 'a talk',
    calls: { a: TALK },
    when: 90,
    is: { status: 'on_call', since: 30, evidence: 'webhook', ageSeconds: 60, calls: ['a'] }
  },
  {
    name: 'dialing',
    calls: { a: 'OutgoingCall(101)@10 > OutgoingCallConnected(101)@40' },
    when: 25,
    is: { status: 'dialing', since: 10, evidence: 'webhook', ageSeconds: 15, calls: ['a'] }
  },
  {
    name: 'who dialed talks',
    calls: { a: 'OutgoingCall(101)@10 > OutgoingCallConnected(101)@40' },
    when: 50,
    is: { status: 'on_call', since: 40, evidence: 'webhook', ageSeconds: 10, calls: ['a'] }
  },
  {
    name: 'never available while a phone rings',
    calls: { a: TALK },
    facts: [status('101', 'available', 22)],
    when: 25,
    is: { status: 'ringing', presence: 'available', since: 20, evidence: 'webhook', ageSeconds: 5, calls: ['a'] }
  },
  {
    name: 'dnd in a talk shows the talk, and the presence beside it',
    calls: { a: TALK },
    facts: [status('101', 'dnd', 40)],
    when: 90,
    is: { status: 'on_call', presence: 'dnd', since: 30, evidence: 'webhook', ageSeconds: 60, calls: ['a'] }
  },
  {
    name: 'a talk wins over a phone that rings',
    calls: { a: TALK, b: 'IncomingCall@35 > IncomingCallRinging(101)@40 > IncomingCallStopRinging(101)@200' },
    when: 90,
    is: { status: 'on_call', since: 30, evidence: 'webhook', ageSeconds: 60, calls: ['a', 'b'] }
  },
  {
    name: 'dialing wins over a phone that rings',
    calls: { a: 'IncomingCall@10 > IncomingCallRinging(101)@12', b: 'OutgoingCall(101)@20' },
    when: 30,
    is: { status: 'dialing', since: 20, evidence: 'webhook', ageSeconds: 10, calls: ['a', 'b'] }
  },
  {
    name: 'after the call the presence is inferred',
    calls: { a: TALK },
    facts: [status('101', 'available', 5)],
    when: 190,
    is: { status: 'available', presence: 'available', since: 130, evidence: 'inferred', ageSeconds: 185, calls: [] }
  },
  {
    name: 'until a poll confirms it',
    calls: { a: TALK },
    facts: [status('101', 'available', 5), polled('101', 150)],
    when: 190,
    is: { status: 'available', presence: 'available', since: 130, evidence: 'rest', ageSeconds: 40 }
  },
  {
    name: 'or REST tells another',
    calls: { a: TALK },
    facts: [status('101', 'available', 5), status('101', 'dnd', 150)],
    when: 190,
    is: { status: 'dnd', presence: 'dnd', since: 150, evidence: 'rest', ageSeconds: 40 }
  },
  {
    name: 'never on a call that has ended, be the end of the leg untold',
    calls: { a: 'OutgoingCall(101)@10 > OutgoingCallConnected(101)@20 > OutgoingCallCompleted@60' },
    when: 61,
    is: { status: 'unknown' }
  },
  {
    name: 'a phone that stopped ringing is idle while the call goes on',
    calls: {
      a: 'IncomingCall@10 > IncomingCallRinging(101)@20 > IncomingCallStopRinging(101)@30 > IncomingCallRinging(102)@31'
    },
    facts: [status('101', 'available', 5)],
    when: 40,
    is: { status: 'available', presence: 'available', since: 30, evidence: 'inferred', ageSeconds: 35 }
  },
  {
    name: 'who handed a call over is idle',
    calls: {
      a:
        'IncomingCall@10 > IncomingCallRinging(101)@20 > IncomingCallConnected(101)@30 > ' +
        'IncomingCallRinging(102)@50 > IncomingCallConnected(102)@60 > IncomingCallCompleted(101)@70'
    },
    facts: [status('101', 'dnd', 5)],
    when: 90,
    is: { status: 'dnd', presence: 'dnd', since: 70, evidence: 'inferred', ageSeconds: 85 }
  },
  {
    name: 'a leg is open for four hours without a sign of life',
    calls: { a: TALK.replace('@130', '@90000') },
    when: 30 + STALE,
    is: { status: 'on_call', since: 30, evidence: 'webhook', ageSeconds: STALE, calls: ['a'] }
  },
  {
    name: 'and no longer',
    calls: { a: TALK.replace('@130', '@90000') },
    facts: [status('101', 'available', STALE)],
    when: 31 + STALE,
    is: { status: 'available', presence: 'available', since: 30 + STALE, evidence: 'inferred', ageSeconds: 31 }
  },
  {
    name: 'a sign of life is any event of the call',
    calls: { a: TALK.replace('@130', `@90000 > IncomingCallRinging(102)@${STALE}`) },
    when: 31 + STALE,
    is: { status: 'on_call', since: 30, evidence: 'webhook', ageSeconds: STALE + 1, calls: ['a'] }
  },
  {
    name: 'a conversation lasts from the first of several calls that overlap',
    calls: {
      a: 'IncomingCall@5 > IncomingCallRinging(101)@8 > IncomingCallConnected(101)@10 > IncomingCallCompleted@40',
      b: 'IncomingCall@15 > IncomingCallRinging(101)@20 > IncomingCallConnected(101)@30 > IncomingCallCompleted@90'
    },
    when: 60,
    is: { status: 'on_call', since: 10, evidence: 'webhook', ageSeconds: 30, calls: ['b'] }
  },
  {
    name: 'a conversation that begins when another one ends continues it',
    calls: {
      a: 'IncomingCall@5 > IncomingCallConnected(101)@10 > IncomingCallCompleted@30',
      b: 'IncomingCall@15 > IncomingCallConnected(101)@30 > IncomingCallCompleted@90'
    },
    when: 60,
    is: { status: 'on_call', since: 10, evidence: 'webhook', ageSeconds: 30, calls: ['b'] }
  },
  {
    name: 'a ringing phone rings since the conversation that was heard over it has ended',
    calls: {
      a: 'IncomingCall@5 > IncomingCallRinging(101)@10 > IncomingCallStopRinging(101)@90',
      b: 'IncomingCall@6 > IncomingCallConnected(101)@20 > IncomingCallCompleted(101)@40'
    },
    when: 60,
    is: { status: 'ringing', since: 40, evidence: 'webhook', ageSeconds: 50, calls: ['a'] }
  },
  {
    name: 'phones that ring one after the other without a pause ring since the first',
    calls: {
      a: 'IncomingCall@5 > IncomingCallRinging(101)@10 > IncomingCallStopRinging(101)@30',
      b: 'IncomingCall@6 > IncomingCallRinging(101)@20 > IncomingCallStopRinging(101)@90'
    },
    when: 60,
    is: { status: 'ringing', since: 10, evidence: 'webhook', ageSeconds: 40, calls: ['b'] }
  },
  {
    name: 'dialing lasts from the end of a conversation that overlapped it',
    calls: {
      a: 'IncomingCall@5 > IncomingCallConnected(101)@10 > IncomingCallCompleted@30',
      b: 'OutgoingCall(101)@20 > OutgoingCallConnected(101)@80'
    },
    when: 60,
    is: { status: 'dialing', since: 30, evidence: 'webhook', ageSeconds: 40, calls: ['b'] }
  },
  {
    name: 'a presence that nobody confirmed for a day is inferred',
    facts: [status('101', 'dnd', 0)],
    when: 86_400,
    is: { status: 'dnd', presence: 'dnd', since: 0, evidence: 'inferred', ageSeconds: 86_400 }
  }
]

const OLD = 'IncomingCall@0 > IncomingCallRinging(203)@5 > IncomingCallConnected(203)@10'
const LATER = `IncomingCall@7800 > IncomingCallRinging(203)@7805 > IncomingCallConnected(203)@7810
  > IncomingCallCompleted@7900`

/** A call whose end was lost, and a later one of the same agent. All of them are asked for 3 h after the old call. */
const lostEnds: (Omit<Rule, 'when'> & { when?: number })[] = [
  {
    name: 'an agent who has since answered and ended another call is no longer on the old one',
    calls: { old: OLD, later: LATER },
    is: { status: 'unknown', evidence: 'inferred', calls: [] }
  },
  {
    name: 'the presence of that agent is inferred, although it is confirmed',
    calls: { old: OLD, later: LATER },
    facts: [status('203', 'available', 8_000)],
    is: { status: 'available', presence: 'available', since: 8_000, evidence: 'inferred', ageSeconds: 2_800, calls: [] }
  },
  {
    name: 'a call that the agent made and that was answered is evidence as well',
    calls: {
      old: OLD,
      later: 'OutgoingCall(203)@7800 > OutgoingCallConnected(203)@7810 > OutgoingCallCompleted(203)@7900'
    },
    is: { status: 'unknown', evidence: 'inferred', calls: [] }
  },
  {
    name: 'a call that the agent dials in vain is not',
    calls: { old: OLD, later: 'OutgoingCall(203)@7800 > OutgoingCallCompleted(203)@7900' },
    is: { status: 'on_call', since: 10, evidence: 'webhook', ageSeconds: 10_790, calls: ['old'] }
  },
  {
    name: 'neither is a call that only rang',
    calls: {
      old: OLD,
      later: 'IncomingCall@7800 > IncomingCallRinging(203)@7805 > IncomingCallStopRinging(203)@7820'
    },
    is: { status: 'on_call', since: 10, evidence: 'webhook', ageSeconds: 10_790, calls: ['old'] }
  },
  {
    name: 'neither is a call that was answered before the old one, and ended later',
    calls: {
      old: 'IncomingCall@100 > IncomingCallConnected(203)@110',
      later: 'IncomingCall@0 > IncomingCallConnected(203)@50 > IncomingCallCompleted@300'
    },
    is: { status: 'on_call', since: 50, evidence: 'webhook', ageSeconds: 10_690, calls: ['old'] }
  },
  {
    name: "neither is a colleague's call",
    calls: { old: OLD, later: LATER.replaceAll('203', '204') },
    is: { status: 'on_call', since: 10, evidence: 'webhook', ageSeconds: 10_790, calls: ['old'] }
  },
  {
    name: 'while the later call goes on, both count',
    calls: { old: OLD, later: LATER },
    when: 7_850,
    is: { status: 'on_call', since: 10, evidence: 'webhook', ageSeconds: 7_840, calls: ['later', 'old'] }
  },
  {
    name: 'the later call may have lost its end, too: it is what the agent does',
    calls: {
      old: OLD,
      later: LATER,
      newest: 'IncomingCall@9000 > IncomingCallRinging(203)@9005 > IncomingCallConnected(203)@9010'
    },
    is: { status: 'on_call', since: 9_010, evidence: 'webhook', ageSeconds: 1_790, calls: ['newest'] }
  },
  {
    name: 'a phone that rings in vain for another call goes on ringing after a short conversation',
    calls: {
      old: 'IncomingCall@0 > IncomingCallRinging(203)@5',
      later: 'IncomingCall@1 > IncomingCallRinging(203)@6 > IncomingCallConnected(203)@10 > IncomingCallCompleted@40'
    },
    when: 60,
    is: { status: 'ringing', since: 40, evidence: 'webhook', ageSeconds: 55, calls: ['old'] }
  },
  {
    name: 'but no longer than a phone rings',
    calls: {
      old: 'IncomingCall@0 > IncomingCallRinging(203)@5',
      later: 'IncomingCall@1 > IncomingCallRinging(203)@6 > IncomingCallConnected(203)@10 > IncomingCallCompleted@40'
    },
    is: { status: 'unknown', evidence: 'inferred', calls: [] }
  },
  {
    name: 'a dialed call without an end is no longer counted either',
    calls: { old: 'OutgoingCall(203)@0', later: LATER },
    is: { status: 'unknown', evidence: 'inferred', calls: [] }
  }
]

t.test('newer evidence of an agent ends an older leg whose end was lost', async t => {
  const { pool, project } = await projector(t)
  let clock = new Date(START)
  const { get } = await queryApi(t, pool, () => clock)
  const deliveries: ((events: Event[]) => Event[])[] = [
    events => events,
    events => events.toReversed(),
    events => [...events, ...events]
  ]
  const cases = lostEnds.flatMap((rule, i) =>
    deliveries.map((deliver, n) => ({ rule, account: `lost-${i}-${n}`, deliver }))
  )
  await project(
    cases.flatMap(({ rule: { calls = {}, facts = [], when = 10_800 }, account, deliver }) => {
      const events: Event[] = [
        ...Object.entries(calls).flatMap(([id, sequence]) => history(sequence, { id })),
        ...facts
      ]
      return deliver(events.filter(({ occurredAt }) => occurredAt <= at(when)).map(event => ({ ...event, account })))
    })
  )
  for (const { rule, account } of cases) {
    const { name, when = 10_800, is } = rule
    clock = new Date(START + when * 1000)
    const { since = null, presence = null, evidence = null, ageSeconds = null, calls = [], status } = is
    const expected = {
      account,
      extension: '203',
      name: null,
      status,
      presence,
      since: since === null ? null : at(since),
      evidence,
      ageSeconds,
      calls
    }
    for (const asOf of ['', `&asOf=${at(when)}`]) {
      const { data } = (await get(`/v1/agents?account=${account}&extension=203${asOf}`)).json<{ data: object[] }>()
      t.strictSame(data, [expected], `${name}${asOf && ', in the past'}`)
    }
  }
})

/**
 * Every rule twice, each in an account of its own: by what had happened by then, and looking back when all has
 * happened.
 */
t.test('what an agent does', async t => {
  const { pool, project } = await projector(t)
  let clock = new Date(START)
  const { get } = await queryApi(t, pool, () => clock)
  const asked = rules.flatMap((rule, i) => [
    { rule, account: `now-${i}`, asOf: '' },
    { rule, account: `then-${i}`, asOf: `&asOf=${at(rule.when)}` }
  ])
  await project(
    asked.flatMap(({ rule: { calls = {}, facts = [], when }, account, asOf }) => {
      const events: Event[] = [
        ...Object.entries(calls).flatMap(([id, sequence]) => history(sequence, { id })),
        ...facts
      ]
      return events.filter(event => asOf || event.occurredAt <= at(when)).map(event => ({ ...event, account }))
    })
  )
  for (const {
    rule: { name, when, is },
    account,
    asOf
  } of asked) {
    clock = asOf ? new Date(START + 10 * 86_400_000) : new Date(START + when * 1000)
    const { data } = (await get(`/v1/agents?account=${account}&extension=101${asOf}`)).json<{ data: object[] }>()
    const { since = null, presence = null, evidence = null, ageSeconds = null, calls = [], status } = is
    const expected = {
      account,
      extension: '101',
      name: null,
      status,
      presence,
      since: since === null ? null : at(since),
      evidence,
      ageSeconds,
      calls
    }
    t.strictSame(data, [expected], `${name}${asOf && ', in the past'}`)
  }
})
