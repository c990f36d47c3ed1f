import Type from 'typebox'
import { closed, nullish, text } from './definition.js'

// Error responses.

/** Calls, numbers, voicemails and profiles report a missing object with a 400. */
export const notFound = (what: 'Call' | 'Voicemail' | 'Number' | 'User profile') =>
  closed({ message: Type.Literal(`${what} not found`) })

/** Invalid values by parameter or by member of the body. */
export const invalid = closed({ message: text, modelState: Type.Record(text, Type.Array(text, { minItems: 1 })) })

/** The errors of the journal and contacts. */
export const coded = (...codes: string[]) =>
  closed({ errorCode: Type.Enum(codes), message: text, errorInfo: nullish(text) })

/** The response of the journal and contacts to unknown or invalid parameters. */
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
 * The error responses of any route. Only the message of a 429 is documented, for messages; a 401 comes from ASP.NET.
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
