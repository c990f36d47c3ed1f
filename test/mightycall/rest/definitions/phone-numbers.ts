import Type from 'typebox'
import {
  BOTH,
  closed,
  type Definition,
  flag,
  guid,
  instant,
  integer,
  nullish,
  phone,
  succeeded,
  text
} from './definition.js'
import { notFound } from './general.js'

const members = {
  number: phone,
  isEnabled: flag,
  isPrimary: flag,
  isTollFree: flag,
  isInternational: flag,
  smsMode: Type.Enum(['Enabled', 'Disabled', 'Capable']),
  numberMessagingVerified: flag,
  isMmsEnabled: flag,
  callRecordingMode: text,
  description: nullish(text),
  label: nullish(text),
  mayText: flag,
  mayCall: flag,
  lastUsed: nullish(flag),
  objectGuid: nullish(guid), // this field and the next are in real responses, not in the definition
  doNotOriginate: nullish(flag)
}
const number = closed(members)
const deleted = closed({ ...members, whenDeleted: nullish(instant) }) // only in real responses too

export const PHONE_NUMBERS: readonly Definition[] = [
  {
    method: 'GET',
    path: '/api/phonenumbers',
    kinds: BOTH,
    responses: {
      200: succeeded(
        closed({ phoneNumbers: Type.Array(number), deletedPhoneNumbers: Type.Array(deleted), total: integer })
      )
    }
  },
  // returns the first number that contains these digits
  {
    method: 'GET',
    path: '/api/phonenumbers/{digits}',
    pathParameters: { digits: Type.String({ pattern: '^\\d{1,11}$' }) },
    kinds: BOTH,
    responses: { 200: succeeded(number), 400: notFound('Number') }
  }
]
