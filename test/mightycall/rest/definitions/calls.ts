import Type from 'typebox'
import {
  asJson,
  asText,
  BOTH,
  closed,
  type Definition,
  flag,
  guid,
  instant,
  maybe,
  one,
  phone,
  repeated,
  succeeded,
  text,
  whole
} from './definition.js'
import { invalid, notFound } from './general.js'

const party = { name: maybe(text), extension: maybe(text), phone: maybe(text) }

const members = {
  id: guid,
  caller: closed(party),
  called: Type.Array(closed({ isConnected: flag, isFirstConnected: Type.Optional(flag), ...party })),
  businessNumber: phone,
  dateTimeUtc: instant,
  direction: Type.Enum(['Incoming', 'Outgoing']),
  callRecord: maybe(closed({ fileName: text, uri: text }))
}

/** Once it has ended. `Canceled` is a filter, and so must be a status that can be told. */
const call = closed({
  ...members,
  duration: Type.String({ pattern: '^\\d+$' }),
  callStatus: maybe(Type.Enum(['Missed', 'Connected', 'VoiceMail', 'Dropped', 'Canceled']))
})
const begun = closed({ ...members, duration: Type.Null(), callStatus: Type.Null() })

const filters = Type.Enum([
  'Incoming',
  'Outgoing',
  'InOutgoing',
  'Connected',
  'Missed',
  'Canceled',
  'Dropped',
  'Voicemail',
  'InternalOnly',
  'CallbackWidget'
])

export const CALLS: readonly Definition[] = [
  {
    method: 'GET',
    path: '/api/calls',
    kinds: BOTH,
    query: {
      pageSize: one(asText.positive),
      skip: one(asText.whole),
      startUtc: one(asText.seconds),
      endUtc: one(asText.seconds),
      callFilter: repeated(filters),
      customFilter: one(text),
      extension: one(text)
    },
    answers: { 200: succeeded(closed({ calls: Type.Array(call), total: whole })), 400: invalid }
  },
  {
    method: 'GET',
    path: '/api/calls/{id}',
    places: { id: guid },
    kinds: BOTH,
    answers: { 200: succeeded(call), 400: notFound('Call') }
  },
  {
    method: 'POST',
    path: '/api/calls/makecall',
    kinds: BOTH,
    body: asJson(
      closed({
        from: Type.String({ pattern: '^\\+?(?:\\d ?){6,14}\\d$' }),
        to: Type.String({ pattern: '^\\+?(?:\\d ?){2,15}$' })
      })
    ),
    answers: { 200: succeeded(begun), 400: invalid }
  }
]
