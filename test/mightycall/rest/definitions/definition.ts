import Type, { type TProperties, type TSchema } from 'typebox'
import type { Account } from '../../../../src/accounts/accounts.js'

// What MightyCall API v4 defines of its routes, in tables: what may be asked, and what is answered. Written from its
// documentation, not from
// our client or our simulator, which are both held against it. Where it says one thing and shows another, what it shows
// counts, with a comment.

export type Kind = Account['kind']

export interface Definition {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/v4`. */
  path: string
  /** What each name in braces may be. */
  places?: Record<string, TSchema>
  query?: Record<string, Parameter>
  /** Null: there is none. */
  body?: Body | null
  /** By status. What any route may answer is in general.ts. */
  answers: Record<number, TSchema>
  /** It is asked for without a token. */
  isOpen?: boolean
  /** Of which kinds of account. */
  kinds: readonly Kind[]
}

interface Body {
  contentType: string
  schema: TSchema
}

/** The texts after `name=`. */
export interface Parameter {
  /** Of each. */
  text: TSchema
  /** How there may be several. */
  many: 'never' | 'repeated' | 'commas'
}

export const BOTH: readonly Kind[] = ['classic', 'contact-center']
export const CLASSIC: readonly Kind[] = ['classic']
export const CENTER: readonly Kind[] = ['contact-center']

export const asJson = (schema: TSchema): Body => ({ contentType: 'application/json', schema })

/** Knows no other members. */
export const closed = <P extends TProperties>(members: P) => Type.Object(members, { additionalProperties: false })

/** There, null or absent. */
export const maybe = <S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]))

export const one = (text: TSchema): Parameter => ({ text, many: 'never' })
export const repeated = (text: TSchema): Parameter => ({ text, many: 'repeated' })
export const commas = (text: TSchema): Parameter => ({ text, many: 'commas' })

export const text = Type.String()
export const flag = Type.Boolean()
export const whole = Type.Integer()
export const guid = Type.String({ pattern: '^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' })
export const objectId = Type.String({ pattern: '^[0-9a-fA-F]{24}$' })
export const etag = Type.String({ pattern: '^(?:\\*|[0-9a-f]{16})$' })
/** E.164. */
export const phone = Type.String({ pattern: '^\\+\\d{7,15}$' })
export const instant = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,7})?(?:Z|\\+00:00)?$'
})
/** `00:01:20` */
export const clock = Type.String({ pattern: '^\\d\\d:\\d\\d:\\d\\d$' })

/** As a query writes them. */
export const asText = {
  whole: Type.String({ pattern: '^\\d{1,9}$' }),
  positive: Type.String({ pattern: '^[1-9]\\d{0,8}$' }),
  flag: Type.Enum(['true', 'false']),
  /** `yyyy-MM-ddThh:mm:ss` */
  seconds: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$' }),
  utc: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,7})?Z$' })
}

/** Of the journal: the definitions begin with a capital, all examples without. */
export function eitherCase(...values: string[]) {
  return Type.Enum([
    ...values,
    ...values.map(value => value.charAt(0).toLowerCase() + value.slice(1)).filter(value => !values.includes(value))
  ])
}

/** `{data, isSuccess}` */
export const succeeded = (data: TSchema) => closed({ data, isSuccess: Type.Literal(true) })
/** `{data, message}` */
export const told = (data: TSchema, message: 'Created' | 'Updated' | 'Deleted') =>
  closed({ data, message: Type.Literal(message) })
