import { TRANSCRIPT_STATES, type VoicemailReported } from '../events/voicemail.js'
import { randomReadTime, randomTimeAfter, restEnvelope, type Setting } from './fact.js'
import { formatInstant } from './instant.js'
import type { Staff } from './staff.js'
import type { TrueCall } from './true-call.js'
import type { TrueVoicemail } from './truth.js'

export interface SimulatedVoicemails {
  facts: VoicemailReported[]
  voicemails: TrueVoicemail[]
}

const TRANSCRIPTS = [
  'Hi, please call me back about the invoice.',
  'It is about my appointment on Monday, thanks.',
  'Grüß Gott, bitte um Rückruf.'
] as const

/** Simulates a voicemail for each call that ended in one. Webhooks never report voicemails. */
export function simulateVoicemails(setting: Setting, staff: Staff, calls: readonly TrueCall[]): SimulatedVoicemails {
  const facts: VoicemailReported[] = []
  const voicemails = calls
    .filter(call => call.withRest.outcome === 'voicemail')
    .map(call => {
      const voicemail = createVoicemail(setting, staff, call)
      for (const fact of reportsOf(setting, voicemail)) facts.push(fact)
      return voicemail
    })
  return { facts, voicemails }
}

function createVoicemail({ account, random }: Setting, { agents }: Staff, call: TrueCall): TrueVoicemail {
  const leftAt = call.legs.at(-1)?.endedAt ?? call.startedAt
  const voicemailId = random.uuid()
  const transcriptState = random.chance(0.6) ? 'ready' : random.pick(TRANSCRIPT_STATES)
  return {
    account,
    voicemailId,
    callId: call.id,
    businessNumber: call.businessNumber,
    clientNumber: call.clientNumber,
    clientName: call.withRest.clientName,
    leftAt,
    durationSeconds: Math.floor((call.endedAt - leftAt) / 1000),
    assignedTo: random.pick(agents).name,
    read: random.chance(0.5),
    transcriptState,
    transcriptText: transcriptState === 'ready' ? random.pick(TRANSCRIPTS) : null,
    recordingId: random.hex(16),
    recordingLink: `https://media.mightycall.com/voicemails/${voicemailId}.wav`,
    removedAt: random.chance(0.1) ? randomTimeAfter(random, call.endedAt, [7_200, 86_400]) : null
  }
}

/**
 * Reports a voicemail. The voicemails route has no transcript; the journal has it after a while. Both routes report
 * later changes.
 */
function reportsOf(setting: Setting, voicemail: TrueVoicemail): VoicemailReported[] {
  const { random } = setting
  const fresh: TrueVoicemail = { ...voicemail, read: false, removedAt: null }
  const first = randomTimeAfter(random, voicemail.leftAt + voicemail.durationSeconds * 1000, [5, 300])
  const facts = [reportVoicemail(setting, fresh, { route: 'voicemails', at: first })]
  if (random.chance(0.5))
    facts.push(
      reportVoicemail(
        setting,
        { ...fresh, transcriptState: 'not-performed', transcriptText: null },
        { route: 'journal', at: randomTimeAfter(random, first, [1, 60]) }
      )
    )
  let at = randomTimeAfter(random, first, [61, 600])
  facts.push(reportVoicemail(setting, fresh, { route: 'journal', at }))
  const changes: TrueVoicemail[] = [
    ...(voicemail.read ? [{ ...voicemail, removedAt: null }] : []),
    ...(voicemail.removedAt === null ? [] : [voicemail])
  ]
  for (const changed of changes) {
    at = randomReadTime(setting, Math.max(changed.removedAt ?? 0, at), {
      soon: [1, 600],
      isRemoved: voicemail.removedAt !== null
    })
    facts.push(
      reportVoicemail(setting, changed, { route: 'voicemails', at }),
      reportVoicemail(setting, changed, { route: 'journal', at: at + random.int(1, 1_000) })
    )
  }
  return facts
}

function reportVoicemail(
  setting: Setting,
  voicemail: TrueVoicemail,
  { route, at }: { route: VoicemailReported['route']; at: number }
): VoicemailReported {
  const { account: _, leftAt, removedAt, ...reported } = voicemail
  const transcript = route === 'voicemails' ? { transcriptState: null, transcriptText: null } : {}
  return {
    type: 'voicemail.reported',
    route,
    ...reported,
    ...transcript,
    leftAt: formatInstant(leftAt),
    removedAt: removedAt === null ? null : formatInstant(removedAt),
    ...restEnvelope(setting, at)
  }
}
