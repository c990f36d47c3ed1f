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
 * `in ring 101` is IncomingCallRinging(101), `cc out end 101` the end of a contact-center leg; one a second, received
 * at once.
 */
function heard(...facts: string[]): WebhookFact[] {
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
const told = (...parties: RestReport['parties']): RestReport => ({
  direction: 'inbound',
  startedAt: 0,
  endedAt: 10_000,
  parties,
  isVoicemail: false,
  reportedAt: 20_000,
  receivedAt: 20_000
})
const internal = (...parties: RestReport['parties']): RestReport => ({ ...told(...parties), direction: 'internal' })
const ANSWERED = ['in start', 'in ring 101', 'in talk 101', 'in end']

const cases: {
  name: string
  heard: WebhookFact[]
  told: RestReport | null
  missing: ReturnType<typeof findMissing>
}[] = [
  { name: 'nothing is known at all', heard: [], told: null, missing: null },
  { name: 'REST knows a call, webhooks do not', heard: [], told: told(party('101')), missing: 'call' },
  { name: 'all was told', heard: heard(...ANSWERED), told: told(party('101')), missing: null },
  { name: 'no end', heard: heard(...ANSWERED.slice(0, 3)), told: told(party('101')), missing: 'completion' },
  {
    name: 'no end, and REST says nothing either',
    heard: heard(...ANSWERED.slice(0, 3)),
    told: null,
    missing: 'completion'
  },
  {
    name: 'only a leg has ended',
    heard: heard(...ANSWERED.slice(0, 3), 'in end 101'),
    told: told(party('101')),
    missing: 'completion'
  },
  {
    name: 'only a contact-center leg without extension has ended',
    heard: heard(...ANSWERED.slice(0, 3), 'cc in end'),
    told: told(party('101')),
    missing: 'completion'
  },
  {
    name: 'an outgoing call ends with its caller',
    heard: heard('out start 101', 'out talk 101', 'out end 101'),
    told: told(party('101', true, 'caller')),
    missing: null
  },
  {
    name: 'an outgoing call does not end with somebody else',
    heard: heard('out start 101', 'out talk 101', 'out end 102'),
    told: null,
    missing: 'completion'
  },
  {
    name: 'an outgoing call whose start is lost ends with the extension of its end',
    heard: heard('out talk 101', 'out end 101'),
    told: null,
    missing: 'facts'
  },
  { name: 'no start', heard: heard(...ANSWERED.slice(1)), told: told(party('101')), missing: 'facts' },
  {
    name: 'no connection',
    heard: heard('in start', 'in ring 101', 'in end'),
    told: told(party('101')),
    missing: 'facts'
  },
  {
    name: 'a connection that does not say whose',
    heard: heard('in start', 'in ring 101', 'in talk', 'in end'),
    told: told(party('101')),
    missing: null
  },
  {
    name: 'no ring before a connection',
    heard: heard('in start', 'in talk 101', 'in end'),
    told: told(party('101')),
    missing: 'facts'
  },
  {
    name: 'no ring before it stopped',
    heard: heard('in start', 'in stop 101', 'in end'),
    told: told(),
    missing: 'facts'
  },
  {
    name: "no ring before the end of a contact-center agent's part",
    heard: heard('in start', 'cc in end 101', 'in end'),
    told: told(),
    missing: 'facts'
  },
  {
    name: 'a party whom no webhook names',
    heard: heard('in start', 'in ring 101', 'in stop 101', 'in end'),
    told: told(party('101', false), party('102', false)),
    missing: 'facts'
  },
  {
    name: 'a call between colleagues, whose caller is never connected',
    heard: heard('out start 101', 'in ring 105', 'in talk 105', 'in end 105', 'out end 101'),
    told: internal(party('101', true, 'caller'), party('105')),
    missing: null
  },
  {
    name: 'a call between colleagues without its connection',
    heard: heard('out start 101', 'in ring 105', 'in end 105', 'out end 101'),
    told: internal(party('101', true, 'caller'), party('105')),
    missing: 'facts'
  }
]

for (const { name, heard, told, missing } of cases) {
  t.test(`${missing ?? 'nothing'} is missing: ${name}`, async t => {
    t.equal(findMissing(heard, told), missing)
  })
}

const evidence = (facts: WebhookFact[], changes: Partial<Evidence> = {}): Evidence => ({
  webhooks: facts,
  report: told(party('101')),
  voicemailAt: null,
  isUnfolded: false,
  ...changes
})
const DUE = 10_000 + GRACE_MS
const whole = heard(...ANSWERED)
const lastAt = (at: number) => whole.map((fact, i) => (i === 3 ? { ...fact, receivedAt: at } : fact))
const held = { ...told(party('101')), receivedAt: DUE + 60_000 } // told at once, and in the log later

t.test('a gap begins when webhooks are due, not before', async t => {
  t.equal(gapOf(evidence([]), DUE - 1), null)
  t.strictSame(gapOf(evidence([]), DUE), {
    missing: 'call',
    detectedAt: 20_000,
    healing: { healedAt: 20_000, healedBy: 'rest' }
  })
  t.equal(gapOf(evidence(lastAt(DUE)), DUE), null, 'the last moment is in time')
  t.match(gapOf(evidence(lastAt(DUE + 1)), DUE + 1), { missing: 'completion', healing: { healedBy: 'rest' } })
})

t.test('whatever makes a call whole first has healed it', async t => {
  t.strictSame(gapOf(evidence(lastAt(DUE + 1), { report: held }), DUE + 1)?.healing, {
    healedAt: DUE + 1,
    healedBy: 'webhook'
  })
  t.strictSame(gapOf(evidence(lastAt(DUE + 60_001), { report: held }), DUE + 60_001)?.healing, {
    healedAt: DUE + 60_000,
    healedBy: 'rest'
  })
  t.equal(healingOf(evidence(whole, { isUnfolded: true })), null, 'a row that does not show it heals nothing')
})

t.test('a call that never ended is a gap four hours after its last sign of life', async t => {
  const open = evidence(whole.slice(0, 3), { report: null })
  t.equal(gapOf(open, 2_000 + STALE_MS - 1), null)
  t.strictSame(gapOf(open, 2_000 + STALE_MS), { missing: 'completion', detectedAt: 2_000 + STALE_MS, healing: null })
  t.equal(
    gapOf(evidence(heard('in talk 101', 'in end'), { report: null }), Number.MAX_SAFE_INTEGER),
    null,
    'without REST nothing else is known to be missing'
  )
})

t.test('a voicemail is missing an hour after REST said that it was left', async t => {
  const left = (voicemailAt: number | null) =>
    evidence(whole, { report: { ...told(), isVoicemail: true }, voicemailAt })
  const due = 20_000 + VOICEMAIL_GRACE_MS
  t.equal(voicemailGapOf(left(null), due - 1), null)
  t.strictSame(voicemailGapOf(left(null), due), { missing: 'voicemail', detectedAt: due, healing: null })
  t.equal(voicemailGapOf(left(due), due), null)
  t.strictSame(voicemailGapOf(left(due + 1), due + 1)?.healing, { healedAt: due + 1, healedBy: 'rest' })
  t.equal(voicemailGapOf(evidence([]), due), null)
})

t.test('a message that only REST told is a gap where webhooks tell messages, and their ids agree', async t => {
  const message = (entity: string, webhookAt: number | null, restAt: number | null) => ({ entity, webhookAt, restAt })
  const missing = (...messages: ReturnType<typeof message>[]) =>
    messageGapsOf(messages, 10 + GRACE_MS).map(({ message }) => message.entity)
  t.strictSame(
    missing(message('a', 1, 5), message('b', null, 6), message('early', null, 0), message('late', null, 11)),
    ['b']
  )
  t.strictSame(missing(message('a', null, 5), message('b', null, 6)), [], 'no webhook tells messages')
  t.strictSame(missing(message('a', 1, null), message('b', null, 6)), [], 'none is known from both sides')
})
