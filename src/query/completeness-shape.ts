import Type from 'typebox'
import { orNull } from '../events/envelope.js'

const count = (description: string) => Type.Integer({ minimum: 0, description })
const rate = (description: string) => orNull(Type.Number({ minimum: 0, maximum: 1 }), description)
const instant = (description: string) => Type.String({ format: 'date-time', description })

const hourShape = Type.Object({
  account: Type.String(),
  hour: instant('Its beginning, in UTC.'),
  businessNumber: orNull(Type.String(), 'Null: not known, or nothing happened in that hour.'),
  state: Type.Enum(['complete', 'open', 'unknown'], { description: 'open: something is missing. unknown: not all calls of the hour have been read over REST since it ended, so nothing can be said.' }),
  reported: count('Calls that REST has told.'),
  heard: count('Calls of which a webhook has told something.'),
  projected: count('Calls that are in the read models.'),
  voicemails: count('Voicemails in the read models.'),
  messages: count('Messages in the read models.'),
  healed: count('Gaps that have healed.'),
  open: count('Gaps that have not.')
}, { title: 'hour' })

const gapShape = Type.Object({
  account: Type.String(),
  kind: Type.String({ description: 'call, voicemail or message.' }),
  id: Type.String({ description: 'Of the call or the message; of a voicemail that of its call.' }),
  businessNumber: orNull(Type.String(), 'Null: not known.'),
  hour: instant('The beginning of the hour in which it happened.'),
  missing: Type.String({ description: 'The call as a whole, its completion, single facts of it, the voicemail or the message.' }),
  detectedAt: instant('When it was told that there is more than was known.'),
  healedAt: orNull(Type.String({ format: 'date-time' }), 'Null: it is open.'),
  healedBy: orNull(Type.String(), 'A webhook that came late, or REST.')
}, { title: 'gap' })

const statisticsShape = Type.Object({
  account: Type.String(),
  notifications: count('Notifications of calls received in the span, each once.'),
  copies: count('Second copies of notifications received in the span.'),
  duplicateRate: rate('Copies of all that was received.'),
  reportedCalls: count('Calls of the span that have ended, by REST.'),
  lossyCalls: count('Those of them whose webhooks did not tell all that could be checked.'),
  lossRate: rate('Each call owes one notification of its end: the share of them that did not come in time.'),
  reordered: count('Notifications that came after a later one of the same call.'),
  reorderRate: rate('Of the notifications.'),
  delayP50Seconds: orNull(Type.Number(), "Median from MightyCall's time of a notification to its receipt; the difference of the clocks is in it."),
  delayP95Seconds: orNull(Type.Number(), 'The same, of all but the slowest 5 %.')
}, { title: 'webhookStatistics' })

export const completenessShape = Type.Object({
  hours: Type.Array(hourShape),
  gaps: Type.Array(gapShape, { description: 'Last hour first.' }),
  statistics: Type.Array(statisticsShape, { description: 'By account, of the whole span.' }),
  nextCursor: orNull(Type.String(), 'Of the gaps. Null: these were the last.')
}, { title: 'completeness', description: 'Whether anything is missing.' })
