import { dotNetTimestamp } from './wire.js'

/** An error response: thrown by a route, sent by the server. */
export class ErrorResponse extends Error {
  constructor(
    readonly statusCode: number,
    readonly body: Record<string, unknown>
  ) {
    super(`error response with status ${statusCode}`)
  }
}

// As documented by MightyCall API v4, except where a comment says otherwise.

/** A missing object is a 400 here, not a 404: `Call not found`. */
export const notFound = (what: string) => new ErrorResponse(400, { message: `${what} not found` })

export const malformedFilter = (names: readonly string[]) =>
  new ErrorResponse(400, {
    data: { unsupportedFilters: names },
    errorCode: 'FilterParamsMalformed',
    message: 'Filter params malformed'
  })

/** The response of the journal and of contacts, which does not name the parameter. */
export const invalidParameters = () =>
  new ErrorResponse(400, { errorCode: 'InvalidParameters', message: 'Input data is malformed' })

export const invalidRequest = (problems: Record<string, string>) =>
  new ErrorResponse(400, {
    message: 'The request is invalid.',
    modelState: Object.fromEntries(Object.entries(problems).map(([name, problem]) => [name, [problem]]))
  })

export const invalidValues = (given: Record<string, string>) =>
  invalidRequest(
    Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, `The value '${value}' is not valid for ${pascalCase(name)}.`])
    )
  )

export const malformedId = (
  errorCode: 'ContactIdHasInvalidFormat' | 'ChannelIdHasInvalidFormat' | 'RequestIdHasInvalidFormat'
) => new ErrorResponse(400, { errorCode, message: 'The id has another format' })

export const contactMalformed = () =>
  new ErrorResponse(400, { errorCode: 'ContactDataMalformed', message: 'Contact data is malformed' })

export const contactIdIsNotEmpty = () =>
  new ErrorResponse(400, { errorCode: 'ContactIdIsNotEmpty', message: 'A new contact has no id' })

export const channelIdIsNotEmpty = () =>
  new ErrorResponse(400, { errorCode: 'ChannelIdIsNotEmpty', message: 'A new channel has no id' })

export const channelMalformed = () =>
  new ErrorResponse(400, { data: [], errorCode: 'ChannelDataMalformed', message: 'Channel data is malformed' })

export const contactIntersection = (contacts: readonly unknown[]) =>
  new ErrorResponse(409, {
    data: contacts,
    errorCode: 'ContactRecordsIntersection',
    message: 'Contact Records Intersection'
  })

export const contactNotFound = () =>
  new ErrorResponse(404, { errorCode: 'ContactIsNotFound', message: 'Contact is not found' })

export const contactWasModified = (contact: unknown) =>
  new ErrorResponse(412, { data: contact, errorCode: 'ContactWasModified', message: 'Contact was modified' })

export const requestNotFound = () =>
  new ErrorResponse(404, { errorCode: 'RequestIsNotFound', message: 'Request is not found' })

/** The response of ASP.NET; MightyCall documents no 401. */
export const unauthorized = () => new ErrorResponse(401, { message: 'Authorization has been denied for this request.' })

/** RFC 6749, 5.2. */
export const oauthError = (error: 'invalid_client' | 'invalid_grant' | 'unsupported_grant_type') =>
  new ErrorResponse(400, { error })

/** Documented for messages only. The response at the daily limit is not documented. */
export const tooManyRequests = (until: number) =>
  new ErrorResponse(429, { message: `Too many requests. Retry after ${dotNetTimestamp(until)}` })

function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
