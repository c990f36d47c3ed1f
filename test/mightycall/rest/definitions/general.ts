import Type from 'typebox'
import { closed, maybe, text } from './definition.js'

// What is answered instead of what was asked for.

/** Of calls, numbers, voicemails and profiles: what is missing is a 400 here. */
export const notFound = (what: 'Call' | 'Voicemail' | 'Number' | 'User profile') =>
  closed({ message: Type.Literal(`${what} not found`) })

/** By parameter, or member of the body. */
export const invalid = closed({ message: text, modelState: Type.Record(text, Type.Array(text, { minItems: 1 })) })

/** Of the journal and contacts. */
export const coded = (...codes: string[]) =>
  closed({ errorCode: Type.Enum(codes), message: text, errorInfo: maybe(text) })

/** What the journal and contacts say to parameters that they do not take. */
export const malformedFilter = Type.Union([
  closed({
    data: closed({ unsupportedFilters: Type.Array(text, { minItems: 1 }) }),
    errorCode: Type.Literal('FilterParamsMalformed'),
    message: text
  }),
  coded('InvalidParameters')
])

const simple = closed({ message: text })

/**
 * Of any route. Of these, only the text of a 429 is documented, and for messages; a 401 is what the server's framework
 * says.
 */
export const GENERAL: Record<number, typeof simple> = {
  401: simple,
  429: closed({
    message: Type.String({
      pattern: '^Too many requests\\. Retry after \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{7} UTC$'
    })
  }),
  500: simple
}
