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
  'The inbound calls answered within serviceLevelSeconds (20 by default) of their start, divided by the answered ' +
  'calls and the unanswered calls that waited at least that long. Not counted: callers who hung up sooner, dropped ' +
  'calls, calls that are still waiting, and answered calls whose time of answer is unknown.'

/** The schema of the measures of calls. Its descriptions define each measure. */
export const measuresShape = {
  calls: count('All calls that began in the interval, of any direction, including the dropped ones.'),
  inbound: count(
    'Inbound calls without the dropped ones = answered + missed + abandoned + voicemail + other + waiting.'
  ),
  answered: count('Inbound calls that an agent answered, including those that have not ended.'),
  missed: count('Inbound calls that rang at an agent and ended unanswered.'),
  abandoned: count('Inbound calls that ended before they rang at an agent.'),
  voicemail: count('Inbound calls that ended at the voicemail.'),
  other: count(
    'Inbound calls that the REST API reports as dropped or canceled and that lasted at least droppedUnderSeconds.'
  ),
  waiting: count('Inbound calls that were not answered and have not ended.'),
  dropped: count(
    'Inbound calls that ended unanswered, and not at the voicemail, less than droppedUnderSeconds (4 by default) ' +
      'after their start, such as wrong numbers. They are in no other count of inbound calls and in no rate.'
  ),
  outbound: count('Outbound calls.'),
  outboundAnswered: count('Outbound calls that were answered.'),
  callback: count('Calls of the callback widget.'),
  internal: count('Calls between extensions.'),
  answerRate: rate('answered / inbound. It includes the calls that are still waiting, but not the dropped ones.'),
  serviceLevel: rate(SERVICE_LEVEL),
  connectRate: rate('outboundAnswered / outbound.'),
  wait: spread('The time from the start to the answer, of answered inbound calls whose time of answer is known.'),
  talk: Type.Object(
    { totalSeconds: Type.Number({ description: 'The sum.' }), ...spread('').properties },
    { description: 'The time from the answer to the end, of answered calls of any direction that have ended.' }
  )
}

const measured = Type.Object(measuresShape)

const NO_CALLS: CallMeasures = {
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
  const { inTime, due, wait, talkSeconds, talk, ...counts } = counted ?? NO_CALLS
  return {
    ...counts,
    answerRate: ratio(counts.answered, counts.inbound),
    serviceLevel: ratio(inTime, due),
    connectRate: ratio(counts.outboundAnswered, counts.outbound),
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
