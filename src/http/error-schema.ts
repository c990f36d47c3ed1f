import Type from 'typebox'

const error = Type.Object(
  {
    statusCode: Type.Integer(),
    code: Type.String({ description: 'Never renamed: match on it.' }),
    error: Type.String(),
    message: Type.String({ description: 'For people.' })
  },
  { title: 'error' }
)

/** The answers of a route when it refuses, by their status. */
export function errors<Code extends number>(...codes: readonly Code[]): Record<Code, typeof error> {
  // fromEntries forgets the keys
  return Object.fromEntries(codes.map(code => [code, error])) as Record<Code, typeof error>
}
