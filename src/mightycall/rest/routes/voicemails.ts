import Type from 'typebox'
import { count, instant, nullish, oneOf, secondsAsText, text } from '../fields.js'
import { choice, id, pageSize, query, skip, utcSeconds } from '../parameters.js'
import { route } from '../route.js'

// Source: MightyCall API v4, Voicemails. Transcripts are in the journal.

const voicemailShape = Type.Object({
  id: Type.String({ minLength: 1 }),
  from: text(),
  to: text(),
  assignedTo: text(),
  dateTimeUtc: instant(),
  duration: secondsAsText(),
  voicemailStatus: oneOf('Read', 'UnRead'),
  voicemailRecord: nullish(Type.Object({ fileName: text(), uri: text() })),
  storageId: text()
})

/** An empty result may be reported as RestNotFoundError. */
export const voicemails = route({
  path: '/voicemails',
  input: Type.Object({
    query: query({
      pageSize: pageSize(),
      skip: skip(),
      startUtc: utcSeconds(),
      endUtc: utcSeconds(),
      voicemailFilter: choice('Read', 'UnRead', 'ReadAndUnRead'),
      customFilter: Type.String()
    })
  }),
  response: Type.Object({ voicemails: Type.Array(voicemailShape), total: count() }),
  list: 'voicemails'
})

export const voicemail = route({
  path: '/voicemails/{id}',
  input: Type.Object({ path: Type.Object({ id: id() }) }),
  response: voicemailShape
})
