import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import type { CountryCode } from 'libphonenumber-js/min'
import Type from 'typebox'
import { accountsFor, viewerOf } from '../../access/viewer.js'
import { InvalidParameterError } from '../../errors.js'
import { normalizeParty } from '../../events/text.js'
import type { CompletenessOf, GapRow } from '../../reconcile/gaps/completeness.js'
import { accountParameter } from '../list/query-context.js'
import { completenessShape } from '../../query/completeness-shape.js'
import { errors } from '../../http/error-schema.js'
import { anyOf, decodeCursor, encodeCursor, instantOf, listParameters } from '../list/parameters.js'

export interface CompletenessOptions {
  completenessOf: CompletenessOf
  now: () => Date
  regionsOf: (accounts?: readonly string[]) => readonly CountryCode[]
  zonesOf: (accounts?: readonly string[]) => readonly string[]
}

const DAY_MS = 24 * 60 * 60 * 1000
const MAX_DAYS = 31

const parameters = Type.Object({
  ...listParameters,
  since: Type.Optional(Type.String({ maxLength: 40, description: 'From the hour of this instant on (RFC 3339), or of the start of this day; 24 h before until.' })),
  until: Type.Optional(Type.String({ maxLength: 40, description: `Before this instant or day; now. At most ${MAX_DAYS} days after since.` })),
  businessNumber: anyOf(Type.String({ minLength: 1, maxLength: 100 }), 'Business numbers. Statistics are of all.'),
  account: anyOf(accountParameter, 'MightyCall accounts.')
}, { additionalProperties: false })

/** GET /v1/completeness. */
export default fp<CompletenessOptions>(async (plain, { completenessOf, now, regionsOf, zonesOf }) => {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()

  app.get('/v1/completeness', {
    schema: { tags: ['completeness'], summary: 'What is missing, what was and how it healed, and how webhooks come', querystring: parameters, response: { 200: completenessShape, ...errors(400, 401) } }
  }, async request => {
    const { limit, cursor, ...filter } = request.query
    const accounts = accountsFor(viewerOf(request), filter.account)
    const { since, until } = spanOf(filter, now(), zonesOf(accounts ?? undefined))
    const numbers = filter.businessNumber?.flatMap(number => regionsOf(accounts ?? undefined).map(region => normalizeParty(number, region) ?? ''))
    const { hours, gaps, statistics } = await completenessOf({
      accounts,
      since, until, limit,
      businessNumbers: numbers ? [...new Set(numbers)] : null,
      after: cursor === undefined ? null : decodeCursor(filter, cursor, 4)
    })
    const page = gaps.slice(0, limit)
    const last = page.at(-1)
    return {
      hours: hours.map(({ hour, ...row }) => ({ ...row, hour: hour.toISOString() })),
      gaps: page.map(toGap),
      statistics,
      nextCursor: gaps.length > limit && last ? encodeCursor(filter, [last.hour.toISOString(), last.account, last.kind, last.id]) : null
    }
  })
}, { name: 'completeness', fastify: '5.x', encapsulate: true })

/** @throws InvalidParameterError  no instants, the wrong way round, or too far apart */
function spanOf (query: { since?: string, until?: string }, now: Date, zones: readonly string[]): { since: Date, until: Date } {
  const until = instantOf('until', query.until, zones) ?? now
  const since = instantOf('since', query.since, zones) ?? new Date(until.getTime() - DAY_MS)
  if (since >= until) throw new InvalidParameterError('since must be before until')
  if (until.getTime() - since.getTime() > MAX_DAYS * DAY_MS) throw new InvalidParameterError(`until must be at most ${MAX_DAYS} days after since`)
  return { since, until }
}

export function toGap ({ hour, detectedAt, healedAt, ...row }: GapRow) {
  return { ...row, hour: hour.toISOString(), detectedAt: detectedAt.toISOString(), healedAt: healedAt?.toISOString() ?? null }
}
