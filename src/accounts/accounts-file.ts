import { readFileSync } from 'node:fs'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { API_KEY_PATTERN, REGION_PATTERN, WEBHOOK_TOKEN_PATTERN } from '../config/variables.js'
import { ConfigError } from '../errors.js'
import { ACCOUNT_PATTERN } from '../events/envelope.js'
import { isObject } from '../lib/json.js'
import { isTimeZone } from '../lib/local-day.js'

/** By the family of an account (source: MightyCall's support pages). */
export const BASE_URLS = {
  classic: 'https://api.mightycall.com/v4',
  'contact-center': 'https://ccapi.mightycall.com/v4'
} as const
export const DEFAULT_KIND = 'contact-center'

/** `must` ends the sentence "/1/id must be …"; description and default are for docs/configuration.md. */
export const accountSchema = Type.Object({
  id: Type.String({
    pattern: ACCOUNT_PATTERN,
    description: 'The name of the account in events, rows and `?account=`. It stays: another id is another account.',
    must: '1 to 32 of a-z, 0-9 and -'
  }),
  tokens: Type.Array(
    Type.String({ pattern: WEBHOOK_TOKEN_PATTERN, must: 'at least 43, at most 256 URL-safe characters' }),
    {
      minItems: 1,
      description: 'The tokens of its webhook URL, as in `WEBHOOK_TOKENS`. Two are live while one replaces the other.',
      must: 'a list of at least one token'
    }
  ),
  apiKey: Type.Optional(
    Type.String({
      pattern: API_KEY_PATTERN,
      description: 'As `MIGHTYCALL_API_KEY`. Without it the body is not checked.',
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
      description: 'The family of the account.',
      default: DEFAULT_KIND,
      must: 'classic or contact-center'
    })
  ),
  baseUrl: Type.Optional(
    Type.Refine(
      Type.String({
        description: `Where MightyCall's REST API is. Without it: \`${BASE_URLS['contact-center']}\`, of a classic account \`${BASE_URLS.classic}\`.`,
        must: 'an http or https URL'
      }),
      isHttpUrl
    )
  ),
  timeZone: Type.Optional(
    Type.Refine(
      Type.String({
        description: 'Its time zone, by its IANA name.',
        default: 'TIME_ZONE',
        must: 'an IANA time zone, like America/New_York'
      }),
      isTimeZone
    )
  ),
  defaultRegion: Type.Optional(
    Type.String({
      pattern: REGION_PATTERN,
      description: 'The country of its telephone numbers without a country code.',
      default: 'DEFAULT_REGION',
      must: 'two letters, like US'
    })
  )
})

export type AccountEntry = Static<typeof accountSchema>
type MemberName = keyof AccountEntry

const REQUIRED = new Set<string>(accountSchema.required)
// Object.keys forgets the literal types
export const ACCOUNT_MEMBERS = Object.keys(accountSchema.properties) as MemberName[]

/** An account that is there without the file. */
export interface Taken {
  id: string
  tokens: readonly string[]
  /** The variable that makes it. */
  from: string
}

/**
 * What ACCOUNTS_FILE holds.
 * @throws ConfigError  names every bad place by its JSON path and what should be there, never what is
 */
export function readAccountsFile(file: string, taken: Taken | null): AccountEntry[] {
  const list = parse(file)
  if (!Array.isArray(list) || list.length === 0) throw refused(['it must be a list of at least one account'])
  const problems = [...list.flatMap(misfits), ...doubles(list, taken)]
  if (problems.length > 0) throw refused(problems)
  return list as AccountEntry[] // nothing else has no misfit
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (err) {
    // The message of JSON.parse quotes what it read.
    throw refused([
      err instanceof SyntaxError ? 'it is no JSON' : `it cannot be read (${(err as NodeJS.ErrnoException).code})`
    ]) // node:fs throws nothing else
  }
}

/** By member, since TypeBox stops at eight errors. */
function misfits(entry: unknown, i: number): string[] {
  if (!isObject(entry)) return [`/${i} must be an object`]
  const unknown = Object.keys(entry).some(name => !ACCOUNT_MEMBERS.includes(name as MemberName)) // asked just for that
  return [
    // Not named: where members are mixed up, a name may be a secret.
    ...(unknown ? [`/${i} must have no members but ${ACCOUNT_MEMBERS.join(', ')}`] : []),
    ...ACCOUNT_MEMBERS.flatMap(name => {
      if (Object.hasOwn(entry, name)) return misfitsOf(name, entry[name]).map(problem => `/${i}/${problem}`)
      return REQUIRED.has(name) ? [`/${i} must have the member ${name}`] : []
    })
  ]
}

function misfitsOf(name: MemberName, value: unknown): string[] {
  // TypeBox keeps what it was given, without a type for it
  const schema = accountSchema.properties[name] as { must?: string; items?: { must?: string } }
  const places = Value.Errors(accountSchema.properties[name], value).map(({ instancePath }) =>
    schema.items ? instancePath : ''
  ) // below userKeys, a path is what was written
  return [...new Set(places)].map(place => `${name}${place} must be ${place === '' ? schema.must : schema.items?.must}`)
}

/** Ids and tokens that stand twice, whatever else is wrong. */
function doubles(list: readonly unknown[], taken: Taken | null): string[] {
  // with what is said of another one
  const ids = new Map<unknown, string>(taken ? [[taken.id, `must not be ${taken.id} while ${taken.from} is set`]] : [])
  const tokens = new Map<unknown, { owner: number; from: string }>(
    taken?.tokens.map(token => [token, { owner: -1, from: taken.from }])
  )
  return list.flatMap((entry, owner) => {
    // of anything but null a member may be asked
    const { id, tokens: own } = (entry as Partial<Record<MemberName, unknown>>) ?? {}
    const double = ids.get(id)
    if (typeof id === 'string' && !double) ids.set(id, `must be another than that of /${owner}`)
    return [
      ...(double ? [`/${owner}/id ${double}`] : []),
      ...(Array.isArray(own) ? own : []).flatMap((token, i) => {
        const first = tokens.get(token)
        if (!first) tokens.set(token, { owner, from: `/${owner}` })
        return first && first.owner !== owner ? [`/${owner}/tokens/${i} must be no token of ${first.from}`] : []
      })
    ]
  })
}

function refused(problems: readonly string[]): Error {
  return new ConfigError(`ACCOUNTS_FILE: ${problems.join('; ')}`)
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text)
}
