import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import Type from 'typebox'
import { viewerOf } from '../../access/viewer.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { DAY_MS } from '../../lib/instant.js'
import { callParameters, readFilter } from '../calls/filter.js'
import { instantOf } from '../list/parameters.js'
import { BUCKETS, type Bucket, checkSpan, findCallStats, GROUPS, MAX_BUCKETS } from './call-stats.js'
import { measuresShape, toMeasures } from './call-stats-shape.js'
import { type StatsOptions, scopeOf, timeZoneOf } from './scope.js'

const { account, businessNumber, client, extension, direction, outcome } = callParameters.properties

/** How much is shown when nobody says since when. */
const DEFAULT_MS: Record<Bucket, number> = {
  hour: DAY_MS,
  day: 30 * DAY_MS,
  week: 12 * 7 * DAY_MS,
  month: 365 * DAY_MS
}

const parameters = Type.Object(
  {
    since: Type.Optional(
      Type.String({
        maxLength: 40,
        description:
          "Calls that began at this instant (RFC 3339) or later, or from the start of this day in the account's time zone on. Without it: a day of hours, 30 days, 12 weeks or a year before until."
      })
    ),
    until: Type.Optional(Type.String({ maxLength: 40, description: 'Before this instant or day; now.' })),
    bucket: Type.Enum(BUCKETS, {
      default: 'day',
      description: `In the account's time zone. A week begins on Monday. A day on which the clock is changed has 23 or 25 hours. At most ${MAX_BUCKETS}.`
    }),
    groupBy: Type.Optional(
      Type.Enum(GROUPS, {
        description:
          'number: the business number. extension: who answered; what nobody answered is in the group null. With outcome, a rate says little.'
      })
    ),
    account,
    businessNumber,
    client,
    extension,
    direction,
    outcome
  },
  { additionalProperties: false }
)

const group = orNull(Type.String(), 'What groupBy asks for; null without it, or where there is none.')
const row = Type.Object(
  {
    start: Type.String({
      format: 'date-time',
      description: 'Of the bucket; the first may begin before since, and counts from since on.'
    }),
    group,
    ...measuresShape
  },
  { title: 'callStatistics' }
)

const answer = Type.Object({
  timeZone: Type.String({ description: 'In which the buckets are cut.' }),
  since: Type.String({ format: 'date-time' }),
  until: Type.String({ format: 'date-time' }),
  data: Type.Array(row, { description: 'By bucket, then group. A bucket without calls is there too, for each group.' }),
  totals: Type.Array(Type.Object({ group, ...measuresShape }, { title: 'callTotals' }), {
    description: 'Of all buckets together, by group: a median cannot be summed.'
  })
})

/** GET /v1/stats/calls. */
export default fp<StatsOptions>(
  async (plain, options) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()

    app.get(
      '/v1/stats/calls',
      {
        schema: {
          tags: ['statistics'],
          summary: 'Calls counted by hour, day, week or month, with answer rate, service level, waits and talks',
          querystring: parameters,
          response: { 200: answer, ...errors(400, 401) }
        }
      },
      async request => {
        const { bucket, groupBy, since: from, until: to, ...asked } = request.query
        const scope = scopeOf(options, viewerOf(request), asked.account)
        const timeZone = timeZoneOf(scope)
        const until = instantOf('until', to, [timeZone]) ?? options.now()
        const since = instantOf('since', from, [timeZone]) ?? new Date(until.getTime() - DEFAULT_MS[bucket])
        checkSpan(bucket, { since, until })
        const filter = {
          ...readFilter(asked, { regions: options.regionsOf(asked.account), zones: [timeZone] }),
          since,
          until
        }
        const { rows, totals } = await findCallStats(options.db, { scope, timeZone, bucket, group: groupBy, filter })
        return {
          timeZone,
          since: since.toISOString(),
          until: until.toISOString(),
          data: rows.map(({ start, group, measures }) => ({
            start: start.toISOString(),
            group,
            ...toMeasures(measures)
          })),
          totals: totals.map(({ group, measures }) => ({ group, ...toMeasures(measures) }))
        }
      }
    )
  },
  { name: 'stats-calls', fastify: '5.x', encapsulate: true }
)
