import Type from 'typebox'
import { count, flag, guid, instant, nullish, oneOf, text } from '../fields.js'
import { phoneDigits } from '../parameters.js'
import { route } from '../route.js'

const numberShape = Type.Object({
  number: Type.String({ minLength: 1 }), // E.164; there is no id
  objectGuid: guid(),
  isEnabled: flag(),
  isPrimary: flag(),
  isTollFree: flag(),
  isInternational: flag(),
  smsMode: oneOf('Enabled', 'Disabled', 'Capable'),
  numberMessagingVerified: flag(),
  isMmsEnabled: flag(),
  callRecordingMode: text(), // flags separated by commas: "Both, OutgoingBeepDisabled"
  description: text(),
  label: text(),
  mayText: flag(),
  mayCall: flag(),
  lastUsed: flag(),
  doNotOriginate: flag(),
  whenDeleted: instant()
})

/** A number may be deleted several times, and be active again. */
export const phoneNumbers = route({
  path: '/phonenumbers',
  response: Type.Object({
    phoneNumbers: Type.Array(numberShape),
    deletedPhoneNumbers: nullish(Type.Array(numberShape)),
    total: count()
  }),
  list: 'phoneNumbers'
})

/** Returns the first number that contains these digits. */
export const phoneNumber = route({
  path: '/phonenumbers/{number}',
  input: Type.Object({ path: Type.Object({ number: phoneDigits() }) }),
  response: numberShape
})
