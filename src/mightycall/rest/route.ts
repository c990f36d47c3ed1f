import Type, { type StaticDecode, type TSchema } from 'typebox'
import type { Account } from '../../accounts/accounts.js'

export interface Route<Input extends TSchema = TSchema, Answer extends TSchema = TSchema> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api`, `{name}` for what the input's `path` holds; null: an account of this kind does not have it. */
  paths: Readonly<Record<Account['kind'], string | null>>
  /** Its `path`, `query` and `body`. */
  input: Input
  /** Without its envelope. */
  answer: Answer
  /** The member that a bare list is. */
  list: string | null
  /** It needs no credentials, and is not counted. */
  isOpen: boolean
  /** When MightyCall says that it was asked for too often, that is no block of the key. */
  hasOwnLimit: boolean
}

/** What a caller gives. */
export type InputOf<R extends Route> = StaticDecode<R['input']>
export type AnswerOf<R extends Route> = StaticDecode<R['answer']>

interface Options<Input extends TSchema, Answer extends TSchema> {
  method?: Route['method']
  /** Of classic accounts, and of the others when they have no other path. */
  path: string | null
  /** What a contact-center account has instead. */
  contactCenter?: string | null
  input?: Input
  answer: Answer
  list?: string
  isOpen?: boolean
  hasOwnLimit?: boolean
}

const NOTHING = Type.Object({})

export function route<Answer extends TSchema, Input extends TSchema = typeof NOTHING>({
  method = 'GET',
  path,
  contactCenter = path,
  input,
  answer,
  list,
  isOpen = false,
  hasOwnLimit = false
}: Options<Input, Answer>): Route<Input, Answer> {
  return {
    method,
    paths: { classic: path, 'contact-center': contactCenter },
    input: input ?? (NOTHING as TSchema as Input),
    answer,
    list: list ?? null,
    isOpen,
    hasOwnLimit
  } // without an input, its type is that of nothing
}

/** For drift and errors: `GET /calls/{id}`. Holds no value. */
export function nameOf({ method, paths }: Route): string {
  return `${method} ${paths.classic ?? paths['contact-center']}`
}
