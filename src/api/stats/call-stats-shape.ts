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

const returnsShape = Type.Object(
  {
    needed: count('Calls that need a return.'),
    returned: count('Those that were returned.'),
    returnedInTime: count('Those that were returned within returnWithinMinutes.'),
    rate: rate('returnedInTime / (returnedInTime + calls that were not returned in time, and whose time has passed).'),
    medianMinutes: orNull(Type.Number({ minimum: 0 }), 'The median time until the return. `null` when there is none.')
  },
  {
    $id: 'ReturnedCalls',
    description:
      'How soon calls were returned that were missed, abandoned, sent to voicemail or lost in a transfer, that were ' +
      'not dropped, and whose client can be called back. A call is returned when the next conversation with the same ' +
      'client begins, in either direction, at any business number of the account. The time counts from its end.'
  }
)

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
  left: count('Callers who left before an agent answered = missed + abandoned + other.'),
  lostInTransfer: count(
    'Calls of any direction in which, after a conversation, the last extension that rang did not answer.'
  ),
  transferred: count(
    'Answered inbound calls that have ended and in which an agent rang or was connected after the first answer.'
  ),
  callers: count('Distinct clients of the inbound calls who can be called back, without dropped calls.'),
  repeatCallers: count(
    'Callers with an inbound call that began less than 7 days after another inbound call of the same client to the ' +
      'account.'
  ),
  outbound: count('Outbound calls.'),
  outboundAnswered: count('Outbound calls that were answered, including those in progress.'),
  callback: count('Calls of the callback widget.'),
  internal: count('Calls between extensions.'),
  answerRate: rate(
    'Answered calls / (answered calls + missed + abandoned + voicemail + other), without calls in progress.'
  ),
  abandonmentRate: rate(
    'left / (answered calls + missed + abandoned + voicemail + other), without calls in progress: the share of ' +
      'callers who left before an agent answered. A voicemail is not abandoned.'
  ),
  serviceLevel: rate(SERVICE_LEVEL),
  transferRate: rate('transferred / answered inbound calls that have ended.'),
  repeatCallerRate: rate('repeatCallers / callers.'),
  connectRate: rate(
    'Answered outbound calls / outbound calls that have ended or are answered, without those in progress.'
  ),
  wait: spread(
    'The time from the start, or from the first ring with waitFrom=ring, to the answer, of answered inbound calls. ' +
      'Calls whose wait is unknown are left out.'
  ),
  waitOfLeft: spread('The time from the same instant to the end, of the callers who left.'),
  longestWaitSeconds: seconds('The longest of these waits.'),
  averageSpeedOfAnswerSeconds: seconds('ASA: the mean of `wait`.'),
  talk: spread('The time in which somebody talked, of answered calls of any direction that have ended.'),
  averageHandleTimeSeconds: seconds(
    'AHT: the mean of `talk`. MightyCall reports neither hold time nor after-call work.'
  ),
  returns: returnsShape
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
  lostInTransfer: 0,
  transferred: 0,
  callers: 0,
  repeatCallers: 0,
  outbound: 0,
  outboundAnswered: 0,
  callback: 0,
  internal: 0,
  settledAnswered: 0,
  inTime: 0,
  due: 0,
  settledOutboundAnswered: 0,
  settledOutbound: 0,
  endedAnswered: 0,
  wait: NO_VALUES,
  waitOfLeft: NO_VALUES,
  longestWaitSeconds: null,
  talk: NO_VALUES,
  returns: { needed: 0, returned: 0, returnedInTime: 0, late: 0, medianMinutes: null }
}

export function toMeasures(counted: CallMeasures | null): Static<typeof measured> {
  const { settledAnswered, settledOutbound, settledOutboundAnswered, endedAnswered, inTime, due, ...measures } =
    counted ?? NO_CALLS
  const { wait, waitOfLeft, talk, returns, ...counts } = measures
  const { late, ...returned } = returns
  return {
    ...counts,
    ...inboundRates({ settledAnswered, inTime, due, ...counts }),
    transferRate: ratio(counts.transferred, endedAnswered),
    repeatCallerRate: ratio(counts.repeatCallers, counts.callers),
    connectRate: ratio(settledOutboundAnswered, settledOutbound),
    wait: toSpread(wait),
    waitOfLeft: toSpread(waitOfLeft),
    averageSpeedOfAnswerSeconds: toSpread(wait).averageSeconds,
    talk: toSpread(talk),
    averageHandleTimeSeconds: toSpread(talk).averageSeconds,
    returns: { ...returned, rate: ratio(returned.returnedInTime, returned.returnedInTime + late) }
  }
}

type InboundCounts = Pick<
  CallMeasures,
  'settledAnswered' | 'missed' | 'abandoned' | 'voicemail' | 'other' | 'inTime' | 'due'
>

/** The callers who left, and the rates of inbound calls. Calls in progress and unresolved calls are in no rate. */
export function inboundRates({ settledAnswered, missed, abandoned, voicemail, other, inTime, due }: InboundCounts) {
  const left = missed + abandoned + other
  const settled = settledAnswered + left + voicemail
  return {
    left,
    answerRate: ratio(settledAnswered, settled),
    abandonmentRate: ratio(left, settled),
    serviceLevel: ratio(inTime, due)
  }
}

export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

function toSpread([totalSeconds, averageSeconds, p50Seconds, p95Seconds]: Spread): Static<typeof spreadShape> {
  return { totalSeconds, averageSeconds, p50Seconds, p95Seconds }
}
