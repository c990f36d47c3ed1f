import Type, { type TProperties, type TSchema } from 'typebox'
import type { Account } from '../../../../src/accounts/accounts.js'

// The requests and responses that MightyCall API v4 defines, in tables. They are written from its documentation and not
// from our client or our simulator, which are both tested against them. Where the text and the examples of the
// documentation differ, the examples are used, with a comment.

export type Kind = Account['kind']

export interface Definition {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/v4`. */
  path: string
  /** The schemas of the placeholders. */
  pathParameters?: Record<string, TSchema>
  query?: Record<string, Parameter>
  /** `null` when no body is allowed. */
  body?: Body | null
  /** The schemas of responses by status. Those of any route are in general.ts. */
  responses: Record<number, TSchema>
  /** True when the route needs no token. */
  isOpen?: boolean
  /** The kinds of account that have the route. */
  kinds: readonly Kind[]
}

interface Body {
  contentType: string
  schema: TSchema
}

/** The values of a query parameter. */
export interface Parameter {
  /** The schema of each value. */
  text: TSchema
  /** How several values are given. */
  many: 'never' | 'repeated' | 'commas'
}

export const BOTH: readonly Kind[] = ['classic', 'contact-center']
export const CLASSIC: readonly Kind[] = ['classic']
export const CENTER: readonly Kind[] = ['contact-center']

export const asJson = (schema: TSchema): Body => ({ contentType: 'application/json', schema })

/** An object without other members. */
export const closed = <P extends TProperties>(members: P) => Type.Object(members, { additionalProperties: false })

/** A value that may be null or absent. */
export const nullish = <S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]))

export const one = (text: TSchema): Parameter => ({ text, many: 'never' })
export const repeated = (text: TSchema): Parameter => ({ text, many: 'repeated' })
export const commas = (text: TSchema): Parameter => ({ text, many: 'commas' })

export const text = Type.String()
export const flag = Type.Boolean()
export const integer = Type.Integer()
export const guid = Type.String({ pattern: '^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' })
export const objectId = Type.String({ pattern: '^[0-9a-fA-F]{24}$' })
export const etag = Type.String({ pattern: '^(?:\\*|[0-9a-f]{16})$' })
/** E.164. */
export const phone = Type.String({ pattern: '^\\+\\d{7,15}$' })
export const instant = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,7})?(?:Z|\\+00:00)?$'
})
/** `00:01:20` */
export const timeSpan = Type.String({ pattern: '^\\d\\d:\\d\\d:\\d\\d$' })

/** Types as strings in a query. */
export const asText = {
  whole: Type.String({ pattern: '^\\d{1,9}$' }),
  positive: Type.String({ pattern: '^[1-9]\\d{0,8}$' }),
  flag: Type.Enum(['true', 'false']),
  /** `yyyy-MM-ddThh:mm:ss` */
  seconds: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$' }),
  utc: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,7})?Z$' })
}

/** Values of the journal: in its definitions they begin in upper case, in all its examples in lower case. */
export function eitherCase(...values: string[]) {
  return Type.Enum([
    ...values,
    ...values.map(value => value.charAt(0).toLowerCase() + value.slice(1)).filter(value => !values.includes(value))
  ])
}

/** `{data, isSuccess}` */
export const succeeded = (data: TSchema) => closed({ data, isSuccess: Type.Literal(true) })
/** `{data, message}` */
export const withMessage = (data: TSchema, message: 'Created' | 'Updated' | 'Deleted') =>
  closed({ data, message: Type.Literal(message) })
