import { readFileSync } from 'node:fs'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { API_KEY_PATTERN, REGION_PATTERN } from '../config/variables.js'
import { ConfigError } from '../errors.js'
import { ACCOUNT_PATTERN } from '../events/envelope.js'
import { isObject } from '../lib/json.js'
import { isTimeZone } from '../lib/local-day.js'
import { WEBHOOK_TOKEN_PATTERN } from '../lib/patterns.js'

/** The base URL of the REST API for each kind of account (source: MightyCall's support pages). */
export const BASE_URLS = {
  classic: 'https://api.mightycall.com/v4',
  'contact-center': 'https://ccapi.mightycall.com/v4'
} as const
export const DEFAULT_KIND = 'contact-center'

/** `must` completes the sentence "/1/id must be …". The description and the default are for docs/configuration.md. */
export const accountSchema = Type.Object({
  id: Type.String({
    pattern: ACCOUNT_PATTERN,
    description: 'The id of the account in events, rows and `?account=`. Do not change it: a new id is a new account.',
    must: '1 to 32 of a-z, 0-9 and -'
  }),
  tokens: Type.Array(
    Type.String({ pattern: WEBHOOK_TOKEN_PATTERN, must: 'at least 43, at most 256 URL-safe characters' }),
    {
      minItems: 1,
      description: 'The tokens of its webhook URL, as in `WEBHOOK_TOKENS`. Set two while one replaces the other.',
      must: 'a list of at least one token'
    }
  ),
  apiKey: Type.Optional(
    Type.String({
      pattern: API_KEY_PATTERN,
      description: 'The API key, as in `MIGHTYCALL_API_KEY`. Without it, the key in notifications is not checked.',
      must: 'at least 8 characters without a space'
    })
  ),
  userKeys: Type.Optional(
    Type.Record(Type.String({ pattern: '^\\d{1,20}$' }), Type.String({ pattern: API_KEY_PATTERN }), {
      additionalProperties: false,
      description: "MightyCall's user keys, by extension.",
      must: 'an object of extensions, each with a key of at least 8 characters without a space'
    })
  ),
  kind: Type.Optional(
    Type.Enum(['classic', 'contact-center'], {
      description: 'The kind of the account.',
      default: DEFAULT_KIND,
      must: 'classic or contact-center'
    })
  ),
  baseUrl: Type.Optional(
    Type.Refine(
      Type.String({
        description:
          `The base URL of MightyCall's REST API. By default \`${BASE_URLS['contact-center']}\`, ` +
          `for a classic account \`${BASE_URLS.classic}\`.`,
        must: 'an http or https URL'
      }),
      isHttpUrl
    )
  ),
  timeZone: Type.Optional(
    Type.Refine(
      Type.String({
        description: 'The time zone of the account, an IANA name.',
        default: 'TIME_ZONE',
        must: 'an IANA time zone, like America/New_York'
      }),
      isTimeZone
    )
  ),
  defaultRegion: Type.Optional(
    Type.String({
      pattern: REGION_PATTERN,
      description: 'The country of telephone numbers without a country code.',
      default: 'DEFAULT_REGION',
      must: 'two letters, like US'
    })
  )
})

export type AccountEntry = Static<typeof accountSchema>
type MemberName = keyof AccountEntry

const REQUIRED = new Set<string>(accountSchema.required)
// Object.keys does not keep the literal types
export const ACCOUNT_MEMBERS = Object.keys(accountSchema.properties) as MemberName[]

/** An account that the environment configures, so that the file must not use its id or tokens. */
export interface ReservedAccount {
  id: string
  tokens: readonly string[]
  /** The variable that configures the account. */
  from: string
}

/**
 * Reads and checks ACCOUNTS_FILE.
 * @throws ConfigError  the message names the JSON path and the expected form of every invalid value, never the value
 */
export function readAccountsFile(file: string, reserved: ReservedAccount | null): AccountEntry[] {
  const list = parse(file)
  if (!Array.isArray(list) || list.length === 0) throw accountsFileError(['it must be a list of at least one account'])
  const problems = [...list.flatMap(entryProblems), ...duplicateProblems(list, reserved)]
  if (problems.length > 0) throw accountsFileError(problems)
  return list as AccountEntry[] // checked by entryProblems
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (err) {
    // The message of JSON.parse must not be shown, since it quotes the file.
    throw accountsFileError([
      err instanceof SyntaxError ? 'it is not JSON' : `it cannot be read (${(err as NodeJS.ErrnoException).code})`
    ]) // besides JSON.parse, only node:fs throws
  }
}

/** Checks each member by itself, since TypeBox stops at eight errors. */
function entryProblems(entry: unknown, i: number): string[] {
  if (!isObject(entry)) return [`/${i} must be an object`]
  // the cast is safe: whether the name is a member is what is checked
  const unknown = Object.keys(entry).some(name => !ACCOUNT_MEMBERS.includes(name as MemberName))
  return [
    // Unknown members are not named: in a malformed file, a name may be a secret.
    ...(unknown ? [`/${i} must have only the members ${ACCOUNT_MEMBERS.join(', ')}`] : []),
    ...ACCOUNT_MEMBERS.flatMap(name => {
      if (Object.hasOwn(entry, name)) return memberProblems(name, entry[name]).map(problem => `/${i}/${problem}`)
      return REQUIRED.has(name) ? [`/${i} must have the member ${name}`] : []
    })
  ]
}

function memberProblems(name: MemberName, value: unknown): string[] {
  // TypeBox keeps additional keywords, but does not type them
  const schema = accountSchema.properties[name] as { must?: string; items?: { must?: string } }
  const places = Value.Errors(accountSchema.properties[name], value).map(({ instancePath }) =>
    schema.items ? instancePath : ''
  ) // except for tokens, paths within a member are left out: those in userKeys contain text of the file
  return [...new Set(places)].map(place => `${name}${place} must be ${place === '' ? schema.must : schema.items?.must}`)
}

/** Reports ids and tokens that occur twice, also in a list with other problems. */
function duplicateProblems(list: readonly unknown[], reserved: ReservedAccount | null): string[] {
  // maps each id to the message for an account with the same id
  const ids = new Map<unknown, string>()
  if (reserved) ids.set(reserved.id, `must not be ${reserved.id} while ${reserved.from} is set`)
  const tokens = new Map<unknown, { owner: number; from: string }>(
    reserved?.tokens.map(token => [token, { owner: -1, from: reserved.from }])
  )
  return list.flatMap((entry, owner) => {
    // reading a member of any value but null is safe
    const { id, tokens: own } = (entry as Partial<Record<MemberName, unknown>>) ?? {}
    const double = ids.get(id)
    if (typeof id === 'string' && !double) ids.set(id, `must differ from that of /${owner}`)
    return [
      ...(double ? [`/${owner}/id ${double}`] : []),
      ...(Array.isArray(own) ? own : []).flatMap((token, i) => {
        const first = tokens.get(token)
        if (!first) tokens.set(token, { owner, from: `/${owner}` })
        return first && first.owner !== owner ? [`/${owner}/tokens/${i} must not be a token of ${first.from}`] : []
      })
    ]
  })
}

function accountsFileError(problems: readonly string[]): Error {
  return new ConfigError(`ACCOUNTS_FILE: ${problems.join('; ')}`)
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text)
}
