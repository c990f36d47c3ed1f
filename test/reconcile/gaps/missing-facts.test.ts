import t from 'tap'
import {
  type Evidence,
  GRACE_MS,
  gapOf,
  healingOf,
  messageGapsOf,
  STALE_MS,
  VOICEMAIL_GRACE_MS,
  voicemailGapOf
} from '../../../src/reconcile/gaps/gap-rules.js'
import { findMissing, type RestReport, type WebhookFact } from '../../../src/reconcile/gaps/missing-facts.js'

const TYPES = {
  start: 'call.started',
  ring: 'call.ringing',
  stop: 'call.ring-stopped',
  talk: 'call.connected',
  end: 'call.completed'
} as const

/**
 * Parses facts of webhooks, one second apart and received at once: `in ring 101` is IncomingCallRinging(101), `cc out
 * end 101` the end of a contact-center leg.
 */
function webhooks(...facts: string[]): WebhookFact[] {
  return facts.map((fact, i) => {
    const isLegOnly = fact.startsWith('cc ')
    const [family, type, extension = null] = fact.replace('cc ', '').split(' ')
    return {
      type: TYPES[type as keyof typeof TYPES],
      family: family === 'in' ? 'incoming' : family === 'out' ? 'outgoing' : 'callback',
      extension,
      isLegOnly,
      occurredAt: i * 1000,
      receivedAt: i * 1000
    }
  })
}

const party = (extension: string, connected = true, role: 'caller' | 'called' = 'called') => ({
  extension,
  connected,
  role
})
const report = (...parties: RestReport['parties']): RestReport => ({
  direction: 'inbound',
  startedAt: 0,
  endedAt: 10_000,
  parties,
  isVoicemail: false,
  reportedAt: 20_000,
  receivedAt: 20_000
})
const internal = (...parties: RestReport['parties']): RestReport => ({ ...report(...parties), direction: 'internal' })
const ANSWERED = ['in start', 'in ring 101', 'in talk 101', 'in end']

const cases: {
  name: string
  facts: WebhookFact[]
  rest: RestReport | null
  missing: ReturnType<typeof findMissing>
}[] = [
  { name: 'there are neither webhooks nor a REST report', facts: [], rest: null, missing: null },
  { name: 'REST reports a call without webhooks', facts: [], rest: report(party('101')), missing: 'call' },
  { name: 'all webhooks arrived', facts: webhooks(...ANSWERED), rest: report(party('101')), missing: null },
  {
    name: 'the call has no end',
    facts: webhooks(...ANSWERED.slice(0, 3)),
    rest: report(party('101')),
    missing: 'completion'
  },
  {
    name: 'the call has no end and no REST report',
    facts: webhooks(...ANSWERED.slice(0, 3)),
    rest: null,
    missing: 'completion'
  },
  {
    name: 'only a leg has ended',
    facts: webhooks(...ANSWERED.slice(0, 3), 'in end 101'),
    rest: report(party('101')),
    missing: 'completion'
  },
  {
    name: 'only a contact-center leg without extension has ended',
    facts: webhooks(...ANSWERED.slice(0, 3), 'cc in end'),
    rest: report(party('101')),
    missing: 'completion'
  },
  {
    name: 'an outgoing call ends with the end of its caller',
    facts: webhooks('out start 101', 'out talk 101', 'out end 101'),
    rest: report(party('101', true, 'caller')),
    missing: null
  },
  {
    name: 'an outgoing call does not end with another extension',
    facts: webhooks('out start 101', 'out talk 101', 'out end 102'),
    rest: null,
    missing: 'completion'
  },
  {
    name: 'an outgoing call without a start ends with any extension',
    facts: webhooks('out talk 101', 'out end 101'),
    rest: null,
    missing: 'facts'
  },
  {
    name: 'the call has no start',
    facts: webhooks(...ANSWERED.slice(1)),
    rest: report(party('101')),
    missing: 'facts'
  },
  {
    name: 'the call has no connection',
    facts: webhooks('in start', 'in ring 101', 'in end'),
    rest: report(party('101')),
    missing: 'facts'
  },
  {
    name: 'a connection without an extension',
    facts: webhooks('in start', 'in ring 101', 'in talk', 'in end'),
    rest: report(party('101')),
    missing: null
  },
  {
    name: 'there is no ring before a connection',
    facts: webhooks('in start', 'in talk 101', 'in end'),
    rest: report(party('101')),
    missing: 'facts'
  },
  {
    name: 'there is no ring before it stopped',
    facts: webhooks('in start', 'in stop 101', 'in end'),
    rest: report(),
    missing: 'facts'
  },
  {
    name: 'there is no ring before the end of a contact-center leg',
    facts: webhooks('in start', 'cc in end 101', 'in end'),
    rest: report(),
    missing: 'facts'
  },
  {
    name: 'no webhook names one of the parties',
    facts: webhooks('in start', 'in ring 101', 'in stop 101', 'in end'),
    rest: report(party('101', false), party('102', false)),
    missing: 'facts'
  },
  {
    name: 'the caller of a call between colleagues has no connection',
    facts: webhooks('out start 101', 'in ring 105', 'in talk 105', 'in end 105', 'out end 101'),
    rest: internal(party('101', true, 'caller'), party('105')),
    missing: null
  },
  {
    name: 'a call between colleagues has no connection',
    facts: webhooks('out start 101', 'in ring 105', 'in end 105', 'out end 101'),
    rest: internal(party('101', true, 'caller'), party('105')),
    missing: 'facts'
  }
]

for (const { name, facts, rest, missing } of cases) {
  t.test(`${missing ?? 'nothing'} is missing: ${name}`, async t => {
    t.equal(findMissing(facts, rest), missing)
  })
}

const evidence = (facts: WebhookFact[], changes: Partial<Evidence> = {}): Evidence => ({
  webhooks: facts,
  report: report(party('101')),
  voicemailAt: null,
  isUnfolded: false,
  ...changes
})
const DUE = 10_000 + GRACE_MS
const complete = webhooks(...ANSWERED)
const lastAt = (at: number) => complete.map((fact, i) => (i === 3 ? { ...fact, receivedAt: at } : fact))
const held = { ...report(party('101')), receivedAt: DUE + 60_000 } // reported at once, but received later

t.test('a gap is detected when webhooks are due, and not earlier', async t => {
  t.equal(gapOf(evidence([]), DUE - 1), null)
  t.strictSame(gapOf(evidence([]), DUE), {
    missing: 'call',
    detectedAt: 20_000,
    healing: { healedAt: 20_000, healedBy: 'rest' }
  })
  t.equal(gapOf(evidence(lastAt(DUE)), DUE), null, 'a webhook at the last instant is in time')
  t.match(gapOf(evidence(lastAt(DUE + 1)), DUE + 1), { missing: 'completion', healing: { healedBy: 'rest' } })
})

t.test('the first source that completes a call heals its gap', async t => {
  t.strictSame(gapOf(evidence(lastAt(DUE + 1), { report: held }), DUE + 1)?.healing, {
    healedAt: DUE + 1,
    healedBy: 'webhook'
  })
  t.strictSame(gapOf(evidence(lastAt(DUE + 60_001), { report: held }), DUE + 60_001)?.healing, {
    healedAt: DUE + 60_000,
    healedBy: 'rest'
  })
  t.equal(
    healingOf(evidence(complete, { isUnfolded: true })),
    null,
    'a call whose row could not be folded is not healed'
  )
})

t.test('a call without an end is a gap four hours after its last event', async t => {
  const open = evidence(complete.slice(0, 3), { report: null })
  t.equal(gapOf(open, 2_000 + STALE_MS - 1), null)
  t.strictSame(gapOf(open, 2_000 + STALE_MS), { missing: 'completion', detectedAt: 2_000 + STALE_MS, healing: null })
  t.equal(
    gapOf(evidence(webhooks('in talk 101', 'in end'), { report: null }), Number.MAX_SAFE_INTEGER),
    null,
    'without a REST report nothing else is known to be missing'
  )
})

t.test('a voicemail is missing an hour after REST said that it was left', async t => {
  const left = (voicemailAt: number | null) =>
    evidence(complete, { report: { ...report(), isVoicemail: true }, voicemailAt })
  const due = 20_000 + VOICEMAIL_GRACE_MS
  t.equal(voicemailGapOf(left(null), due - 1), null)
  t.strictSame(voicemailGapOf(left(null), due), { missing: 'voicemail', detectedAt: due, healing: null })
  t.equal(voicemailGapOf(left(due), due), null)
  t.strictSame(voicemailGapOf(left(due + 1), due + 1)?.healing, { healedAt: due + 1, healedBy: 'rest' })
  t.equal(voicemailGapOf(evidence([]), due), null)
})

t.test('a message that only REST reported is a gap when webhooks report messages under the same ids', async t => {
  const message = (entity: string, webhookAt: number | null, restAt: number | null) => ({ entity, webhookAt, restAt })
  const missing = (...messages: ReturnType<typeof message>[]) =>
    messageGapsOf(messages, 10 + GRACE_MS).map(({ message }) => message.entity)
  t.strictSame(
    missing(message('a', 1, 5), message('b', null, 6), message('early', null, 0), message('late', null, 11)),
    ['b']
  )
  t.strictSame(missing(message('a', null, 5), message('b', null, 6)), [], 'webhooks report no messages')
  t.strictSame(missing(message('a', 1, null), message('b', null, 6)), [], 'no message was reported by both')
})
