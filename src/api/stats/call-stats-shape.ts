import Type, { type Static } from 'typebox'
import { orNull } from '../../events/envelope.js'
import type { CallMeasures, Spread } from './call-measures.js'

const count = (description: string) => Type.Integer({ minimum: 0, description })
export const rate = (description: string) =>
  orNull(Type.Number({ minimum: 0, maximum: 1 }), `${description} \`null\` when the divisor is 0.`)
const seconds = (description: string) => orNull(Type.Number(), `${description} \`null\` when there is none.`)

const spreadShape = Type.Object(
  {
    totalSeconds: Type.Number({ description: 'The sum.' }),
    averageSeconds: seconds('Mean.'),
    p50Seconds: seconds('Median, interpolated.'),
    p95Seconds: seconds('95th percentile, interpolated.')
  },
  { $id: 'SpreadOfSeconds', description: 'The distribution of a duration.' }
)

/** A distribution with a description of its own; a plain reference could not have one. */
const spread = (description: string) => Type.Unsafe<Static<typeof spreadShape>>({ allOf: [spreadShape], description })

export const SERVICE_LEVEL =
  'The inbound calls answered within serviceLevelSeconds (20 by default), divided by the answered calls and the ' +
  'unanswered calls that waited at least that long. Not counted: callers who hung up sooner, dropped calls, calls in ' +
  'progress, unresolved calls, and answered calls whose time of answer is unknown.'

/** The schema of the measures of calls. Its descriptions define each measure, as docs/statistics.md does. */
export const measuresShape = {
  calls: count('All calls that began in the interval, of any direction, including the dropped ones.'),
  inbound: count(
    'Inbound calls without the dropped ones = answered + missed + abandoned + voicemail + other + waiting + unresolved.'
  ),
  answered: count('Inbound calls that an agent answered, including those in progress.'),
  missed: count('Inbound calls that rang at an agent and ended unanswered.'),
  abandoned: count('Inbound calls that ended before they rang at an agent.'),
  voicemail: count('Inbound calls that ended unanswered at the voicemail.'),
  other: count(
    'Inbound calls that the REST API reports as dropped or canceled and that lasted at least droppedUnderSeconds.'
  ),
  waiting: count('Inbound calls in progress that nobody has answered.'),
  unresolved: count(
    'Inbound calls without an answer that have had no event for four hours: their end was missed and their result is ' +
      'unknown. They are in no rate.'
  ),
  dropped: count(
    'Inbound calls that ended unanswered, and not at the voicemail, less than droppedUnderSeconds (4 by default) ' +
      'after their start, such as wrong numbers. They are in no other count of inbound calls and in no rate.'
  ),
  inProgress: count('Inbound calls that have not ended and are not stale: waiting or answered. They are in no rate.'),
  outbound: count('Outbound calls.'),
  outboundAnswered: count('Outbound calls that were answered, including those in progress.'),
  callback: count('Calls of the callback widget.'),
  internal: count('Calls between extensions.'),
  answerRate: rate(
    'Answered calls / (answered calls + missed + abandoned + voicemail + other), without calls in progress.'
  ),
  serviceLevel: rate(SERVICE_LEVEL),
  connectRate: rate(
    'Answered outbound calls / outbound calls that have ended or are answered, without those in progress.'
  ),
  wait: spread('The time from the start to the answer, of answered inbound calls whose time of answer is known.'),
  talk: spread('The time in which somebody talked, of answered calls of any direction that have ended.')
}

const measured = Type.Object(measuresShape)

const NO_VALUES: Spread = [0, null, null, null]
const NO_CALLS: CallMeasures = {
  calls: 0,
  inbound: 0,
  answered: 0,
  missed: 0,
  abandoned: 0,
  voicemail: 0,
  other: 0,
  waiting: 0,
  unresolved: 0,
  dropped: 0,
  inProgress: 0,
  outbound: 0,
  outboundAnswered: 0,
  callback: 0,
  internal: 0,
  settledAnswered: 0,
  inTime: 0,
  due: 0,
  settledOutboundAnswered: 0,
  settledOutbound: 0,
  wait: NO_VALUES,
  talk: NO_VALUES
}

export function toMeasures(counted: CallMeasures | null): Static<typeof measured> {
  const { settledAnswered, settledOutbound, settledOutboundAnswered, inTime, due, wait, talk, ...counts } =
    counted ?? NO_CALLS
  return {
    ...counts,
    ...inboundRates({ settledAnswered, inTime, due, ...counts }),
    connectRate: ratio(settledOutboundAnswered, settledOutbound),
    wait: toSpread(wait),
    talk: toSpread(talk)
  }
}

/** The rates of inbound calls. Calls in progress and unresolved calls are in no rate. */
export function inboundRates({
  settledAnswered,
  missed,
  abandoned,
  voicemail,
  other,
  inTime,
  due
}: Pick<CallMeasures, 'settledAnswered' | 'missed' | 'abandoned' | 'voicemail' | 'other' | 'inTime' | 'due'>): {
  answerRate: number | null
  serviceLevel: number | null
} {
  const settled = settledAnswered + missed + abandoned + voicemail + other
  return { answerRate: ratio(settledAnswered, settled), serviceLevel: ratio(inTime, due) }
}

export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

function toSpread([totalSeconds, averageSeconds, p50Seconds, p95Seconds]: Spread): Static<typeof spreadShape> {
  return { totalSeconds, averageSeconds, p50Seconds, p95Seconds }
}
