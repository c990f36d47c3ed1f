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
  integer,
  nullish,
  one,
  phone,
  repeated,
  succeeded,
  text
} from './definition.js'
import { invalid, notFound } from './general.js'

const party = { name: nullish(text), extension: nullish(text), phone: nullish(text) }

const members = {
  id: guid,
  caller: closed(party),
  called: Type.Array(closed({ isConnected: flag, isFirstConnected: Type.Optional(flag), ...party })),
  businessNumber: phone,
  dateTimeUtc: instant,
  direction: Type.Enum(['Incoming', 'Outgoing']),
  callRecord: nullish(closed({ fileName: text, uri: text }))
}

/** A call that has ended. `Canceled` is documented as a filter only, but must then be a status too. */
const call = closed({
  ...members,
  duration: Type.String({ pattern: '^\\d+$' }),
  callStatus: nullish(Type.Enum(['Missed', 'Connected', 'VoiceMail', 'Dropped', 'Canceled']))
})
const startedCall = closed({ ...members, duration: Type.Null(), callStatus: Type.Null() })

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
    responses: { 200: succeeded(closed({ calls: Type.Array(call), total: integer })), 400: invalid }
  },
  {
    method: 'GET',
    path: '/api/calls/{id}',
    pathParameters: { id: guid },
    kinds: BOTH,
    responses: { 200: succeeded(call), 400: notFound('Call') }
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
    responses: { 200: succeeded(startedCall), 400: invalid }
  }
]
