import Type from 'typebox'
import {
  BOTH,
  closed,
  type Definition,
  flag,
  guid,
  instant,
  maybe,
  phone,
  succeeded,
  text,
  whole
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
  description: maybe(text),
  label: maybe(text),
  mayText: flag,
  mayCall: flag,
  lastUsed: maybe(flag),
  objectGuid: maybe(guid), // this one and the next are in real answers, not in the definition
  doNotOriginate: maybe(flag)
}
const number = closed(members)
const deleted = closed({ ...members, whenDeleted: maybe(instant) }) // only in real answers, too

export const PHONE_NUMBERS: readonly Definition[] = [
  {
    method: 'GET',
    path: '/api/phonenumbers',
    kinds: BOTH,
    answers: {
      200: succeeded(
        closed({ phoneNumbers: Type.Array(number), deletedPhoneNumbers: Type.Array(deleted), total: whole })
      )
    }
  },
  // The first number that has these digits in it.
  {
    method: 'GET',
    path: '/api/phonenumbers/{digits}',
    places: { digits: Type.String({ pattern: '^\\d{1,11}$' }) },
    kinds: BOTH,
    answers: { 200: succeeded(number), 400: notFound('Number') }
  }
]
