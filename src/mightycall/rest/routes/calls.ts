import Type from 'typebox'
import { count, flag, instant, milliseconds, nullish, oneOf, text } from '../fields.js'
import { choice, e164, extension, id, pageSize, query, skip, utcSeconds } from '../parameters.js'
import { route } from '../route.js'

// Source: MightyCall API v4, Calls. A row has no times of its answer and end, and appears only after the end of the
// call: this is not a live feed.

const party = { name: text(), extension: text(), phone: text() }

const callShape = Type.Object({
  id: Type.String({ minLength: 1 }),
  caller: nullish(Type.Object(party)),
  called: nullish(Type.Array(Type.Object({ ...party, isConnected: flag(), isFirstConnected: flag() }))),
  businessNumber: text(),
  dateTimeUtc: instant(),
  duration: milliseconds(),
  direction: oneOf('Incoming', 'Outgoing'),
  // Canceled is documented only as a filter
  callStatus: oneOf('Missed', 'Connected', 'VoiceMail', 'Dropped', 'Canceled'),
  callRecord: nullish(Type.Object({ fileName: text(), uri: text() }))
})

const filters = choice(
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
)

export const calls = route({
  path: '/calls',
  input: Type.Object({
    query: query({
      pageSize: pageSize(),
      skip: skip(),
      startUtc: utcSeconds(),
      endUtc: utcSeconds(),
      callFilter: Type.Array(filters),
      customFilter: Type.String(),
      extension: extension()
    })
  }),
  response: Type.Object({ calls: Type.Array(callShape), total: count() }),
  list: 'calls'
})

export const call = route({
  path: '/calls/{id}',
  input: Type.Object({ path: Type.Object({ id: id() }) }),
  response: callShape
})

/** Rings the user of the token first, then `to`. */
export const makeCall = route({
  method: 'POST',
  path: '/calls/makecall',
  input: Type.Object({ body: Type.Object({ from: e164(), to: e164() }) }),
  response: callShape
})
