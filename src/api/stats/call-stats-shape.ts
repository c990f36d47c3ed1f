import Type, { type Static } from 'typebox'
import { orNull } from '../../events/envelope.js'
import type { CallMeasures } from './call-measures.js'

const count = (description: string) => Type.Integer({ minimum: 0, description })
export const rate = (description: string) =>
  orNull(Type.Number({ minimum: 0, maximum: 1 }), `${description} \`null\` when the divisor is 0.`)
const seconds = (description: string) => orNull(Type.Number(), `${description} \`null\` when there is none.`)
const spread = (description: string) =>
  Type.Object(
    {
      averageSeconds: seconds('Mean.'),
      p50Seconds: seconds('Median, interpolated.'),
      p95Seconds: seconds('95th percentile, interpolated.')
    },
    { description }
  )

export const SERVICE_LEVEL =
  'Service level = inbound calls answered within serviceLevelSeconds (20 unless set otherwise) of their start, divided by those answered and those unanswered that waited at least as long. ' +
  'Who hung up sooner is in neither; nor are dropped calls, those that still wait, and answered ones of which REST alone tells, and not when.'

/** The formulas of everything that is counted of calls. */
export const measuresShape = {
  calls: count('All calls that began in it, of any direction, dropped ones too.'),
  inbound: count(
    'Inbound calls without the dropped ones = answered + missed + abandoned + voicemail + other + waiting.'
  ),
  answered: count('Inbound calls that somebody answered, also those that still last.'),
  missed: count('Inbound calls that rang at somebody, and ended unanswered.'),
  abandoned: count('Inbound calls that ended before they rang anywhere.'),
  voicemail: count('Inbound calls that ended at the voicemail.'),
  other: count('Inbound calls that REST says were dropped or canceled, and lasted for droppedUnderSeconds.'),
  waiting: count('Inbound calls that neither were answered nor have ended.'),
  dropped: count(
    'Inbound calls that ended unanswered, and not at the voicemail, less than droppedUnderSeconds (4 unless set otherwise) after their start: wrong numbers and second thoughts. They are in no other count of inbound calls, and in no rate.'
  ),
  outbound: count('Outbound calls.'),
  outboundAnswered: count('Those of them that were answered.'),
  callback: count('Calls of the callback widget.'),
  internal: count('Calls between colleagues.'),
  answerRate: rate('answered / inbound: without the dropped calls, with those that still wait.'),
  serviceLevel: rate(SERVICE_LEVEL),
  connectRate: rate('outboundAnswered / outbound.'),
  wait: spread(
    'Of answered inbound calls of which it is known when they were answered: from their start to the answer.'
  ),
  talk: Type.Object(
    { totalSeconds: Type.Number({ description: 'All together.' }), ...spread('').properties },
    { description: 'Of calls of any direction that were answered and have ended: from the answer to the end.' }
  )
}

const measured = Type.Object(measuresShape)

const NOTHING: CallMeasures = {
  calls: 0,
  inbound: 0,
  answered: 0,
  missed: 0,
  abandoned: 0,
  voicemail: 0,
  other: 0,
  waiting: 0,
  dropped: 0,
  outbound: 0,
  outboundAnswered: 0,
  callback: 0,
  internal: 0,
  inTime: 0,
  due: 0,
  wait: [],
  talkSeconds: 0,
  talk: []
}

export function toMeasures(counted: CallMeasures | null): Static<typeof measured> {
  const { inTime, due, wait, talkSeconds, talk, ...counts } = counted ?? NOTHING
  const {
    calls,
    inbound,
    answered,
    missed,
    abandoned,
    voicemail,
    other,
    waiting,
    dropped,
    outbound,
    outboundAnswered,
    callback,
    internal
  } = counts
  return {
    calls,
    inbound,
    answered,
    missed,
    abandoned,
    voicemail,
    other,
    waiting,
    dropped,
    outbound,
    outboundAnswered,
    callback,
    internal,
    answerRate: ratio(answered, inbound),
    serviceLevel: ratio(inTime, due),
    connectRate: ratio(outboundAnswered, outbound),
    wait: toSpread(wait),
    talk: { totalSeconds: talkSeconds, ...toSpread(talk) }
  }
}

export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

function toSpread([average, median, high]: CallMeasures['wait']) {
  return { averageSeconds: average ?? null, p50Seconds: median ?? null, p95Seconds: high ?? null }
}
