import Type from 'typebox'
import {
  asText,
  BOTH,
  closed,
  type Definition,
  guid,
  instant,
  integer,
  nullish,
  one,
  repeated,
  succeeded,
  text
} from './definition.js'
import { invalid, notFound } from './general.js'

const voicemail = closed({
  id: guid,
  from: text,
  to: text,
  assignedTo: nullish(text),
  dateTimeUtc: instant,
  duration: Type.String({ pattern: '^\\d+$' }),
  voicemailStatus: Type.Enum(['Read', 'UnRead']),
  voicemailRecord: nullish(closed({ fileName: text, uri: text })),
  storageId: nullish(text)
})

const filters = Type.Enum([
  'None',
  'Read',
  'UnRead',
  'ReadAndUnRead',
  'CallerName',
  'CallerAddress',
  'CalledName',
  'CalledAddress',
  'StartTime',
  'StartDate',
  'Duration',
  'TextFields'
])

export const VOICEMAILS: readonly Definition[] = [
  {
    method: 'GET',
    path: '/api/voicemails',
    kinds: BOTH,
    query: {
      pageSize: one(asText.positive),
      skip: one(asText.whole),
      startUtc: one(asText.seconds),
      endUtc: one(asText.seconds),
      voicemailFilter: repeated(filters),
      customFilter: one(text)
    },
    responses: {
      200: succeeded(closed({ voicemails: Type.Array(voicemail), total: integer })),
      400: Type.Union([invalid, notFound('Voicemail')])
    }
  },
  {
    method: 'GET',
    path: '/api/voicemails/{id}',
    pathParameters: { id: guid },
    kinds: BOTH,
    responses: { 200: succeeded(voicemail), 400: notFound('Voicemail') }
  }
]
