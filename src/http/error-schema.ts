import Type, { type Static } from 'typebox'

/** The body of every refusal. Registered once, by `createHttp`. */
export const errorSchema = Type.Object(
  {
    statusCode: Type.Integer(),
    code: Type.String({ description: 'Identifies the kind of error. Codes are never renamed: match on the code.' }),
    error: Type.String({ description: 'The name of the HTTP status.' }),
    message: Type.String({ description: 'Tells a person what to do. The wording may change.' })
  },
  { $id: 'Error', description: 'Why a request was refused.' }
)

const error = Type.Unsafe<Static<typeof errorSchema>>({ $ref: 'Error#' })

/** The response schemas of a route that may refuse a request with these status codes. */
export function errors<Code extends number>(...codes: readonly Code[]): Record<Code, typeof error> {
  // Object.fromEntries does not keep the key type
  return Object.fromEntries(codes.map(code => [code, error])) as Record<Code, typeof error>
}

interface ErrorResponse {
  /** The name of its component in the OpenAPI document. */
  name: string
  description: string
  /** The names of further headers, which are components of the OpenAPI document. */
  headers?: readonly string[]
}

/** What the OpenAPI document says about each status code of a refusal. */
export const ERROR_RESPONSES: Readonly<Record<number, ErrorResponse>> = {
  400: { name: 'InvalidRequest', description: 'A parameter or the body is invalid, or the two do not fit together.' },
  401: {
    name: 'Unauthorized',
    description: 'The request has no valid API key and no valid session.',
    headers: ['WWW-Authenticate']
  },
  403: { name: 'Forbidden', description: 'The credential does not permit this operation.' },
  404: { name: 'NotFound', description: 'No such resource exists that the credential may see.' },
  409: { name: 'Conflict', description: 'The request conflicts with the current state, or the id is ambiguous.' },
  413: { name: 'PayloadTooLarge', description: 'The body is too large.' },
  415: { name: 'UnsupportedMediaType', description: 'The body is not JSON, or is compressed.' },
  422: { name: 'Unprocessable', description: 'The request is valid, but the operation failed again.' },
  429: {
    name: 'TooManyRequests',
    description: 'Too many requests, or too many wrong keys.',
    headers: ['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset']
  },
  431: { name: 'HeadersTooLarge', description: 'The headers of the request are too large.' },
  503: {
    name: 'Unavailable',
    description: 'The service is overloaded, not ready, or does not have the role that this operation needs.',
    headers: ['Retry-After']
  }
}
