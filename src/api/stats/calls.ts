import Type, { type Static } from 'typebox'
import { viewerOf } from '../../access/viewer.js'
import { InvalidParameterError } from '../../errors.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { DAY_MS } from '../../lib/instant.js'
import { callParameters, parseCallFilter } from '../calls/filter.js'
import { defineRoutes } from '../define-routes.js'
import { sendExport } from '../list/export.js'
import { exportOf, exportParameters, listResponse } from '../list/page.js'
import { readInstantOrDay } from '../list/parameters.js'
import { BUCKETS, type Bucket, checkSpan, findCallStats, GROUPS, MAX_BUCKETS } from './call-stats.js'
import { measuresShape, toMeasures } from './call-stats-shape.js'
import { type StatsOptions, scopeOf, timeZoneOf } from './scope.js'

const { account, businessNumber, client, extension, group: groups, direction, outcome } = callParameters.properties

/** The length of the interval when `since` is omitted. */
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
          'The start of the interval, inclusive: an instant or a day. When omitted: 24 hours, 30 days, 12 weeks or a ' +
          'year before `until`, depending on the bucket.'
      })
    ),
    until: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'The end of the interval, exclusive: an instant or a day. Now when omitted.'
      })
    ),
    bucket: Type.Enum(BUCKETS, {
      default: 'day',
      description:
        'The size of the buckets, in the time zone of the account. Weeks begin on Monday. ' +
        `At most ${MAX_BUCKETS} buckets.`
    }),
    groupBy: Type.Optional(
      Type.Enum(GROUPS, {
        description:
          'extension: the extension that answered first; unanswered calls are in the group `null`. group: the ring ' +
          'group or queue, where the REST API reports it. number: the deprecated name of businessNumber.'
      })
    ),
    waitFrom: Type.Enum(['start', 'ring'], {
      default: 'start',
      description:
        'Where waits and the service level begin: at the start of the call, or when it first rang at an agent. A ' +
        'call of which no ring is known has no wait from its ring.'
    }),
    returnWithinMinutes: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 60,
      description: 'How soon a call is to be returned, for returns.returnedInTime and returns.rate.'
    }),
    ...exportParameters,
    table: Type.Optional(
      Type.Enum(['data', 'totals'], { description: 'With `format`: the rows of the file. data when omitted.' })
    ),
    account,
    businessNumber,
    client,
    extension,
    group: groups,
    direction,
    outcome
  },
  { additionalProperties: false }
)

const group = orNull(
  Type.String(),
  'The value of the group. `null` without `groupBy`, and for calls that have no value.'
)
const totals = Type.Object(
  { group, ...measuresShape },
  { $id: 'CallTotals', description: 'The calls of one group. docs/statistics.md defines all measures together.' }
)

const start = Type.Object({
  start: Type.String({
    format: 'date-time',
    description: 'The start of the bucket. The first bucket may begin before `since`, but counts calls from `since` on.'
  })
})

const row = Type.Unsafe<Static<typeof start> & Static<typeof totals>>({
  $id: 'CallStatistics',
  description: 'The calls of one bucket and one group.',
  allOf: [start, totals]
})

/** The columns of an exported row: those of both parts. */
const exportedRow = Type.Object({ ...start.properties, ...totals.properties })

const report = Type.Object(
  {
    timeZone: Type.String({ description: 'The time zone of the buckets.' }),
    since: Type.String({ format: 'date-time' }),
    until: Type.String({ format: 'date-time' }),
    data: Type.Array(row, {
      description: 'One row for each bucket and group, in this order. A bucket without calls has rows of zeros.'
    }),
    totals: Type.Array(totals, {
      description: 'One row for each group, over all buckets. Medians cannot be added up, so they are computed here.'
    })
  },
  { $id: 'CallStatisticsReport', description: 'The statistics of the calls of an interval.' }
)

/** GET /v1/stats/calls. */
export default defineRoutes<StatsOptions>('stats-calls', async (app, options) => {
  app.get(
    '/v1/stats/calls',
    {
      schema: {
        tags: ['statistics'],
        operationId: 'getCallStatistics',
        summary: 'Count calls by hour, day, week or month, with rates, wait times and talk times',
        querystring: parameters,
        response: { 200: listResponse(report), ...errors(400, 401) }
      }
    },
    async (request, reply) => {
      const { bucket, groupBy, since: from, until: to, format, bom, times, table, ...filters } = request.query
      const { waitFrom, returnWithinMinutes, ...query } = filters
      const scope = scopeOf(options, viewerOf(request), query.account)
      const timeZone = timeZoneOf(scope)
      const now = options.now()
      const until = readInstantOrDay('until', to, [timeZone]) ?? now
      const since = readInstantOrDay('since', from, [timeZone]) ?? new Date(until.getTime() - DEFAULT_MS[bucket])
      const file = exportOf({ format, bom, times }, () => timeZone)
      if (table !== undefined && !file) throw new InvalidParameterError('table is a parameter of format=csv or ndjson')
      checkSpan(bucket, { since, until })
      const filter = {
        ...parseCallFilter(query, { regions: options.regionsOf(query.account), zones: [timeZone] }),
        since,
        until
      }
      const found = await findCallStats(options.db, {
        scope,
        timeZone,
        bucket,
        group: groupBy,
        now,
        waitFrom,
        returnWithinMinutes,
        filter
      })
      const data = found.rows.map(({ start, group, measures }) => ({
        start: start.toISOString(),
        group,
        ...toMeasures(measures)
      }))
      const sums = found.totals.map(({ group, measures }) => ({ group, ...toMeasures(measures) }))
      if (file)
        return sendExport<object>(reply, file.format, {
          name: 'call-statistics',
          item: table === 'totals' ? totals : exportedRow,
          csv: file.csv,
          after: null,
          readPage: async () => ({ data: table === 'totals' ? sums : data, next: null })
        })
      return reply.send({
        timeZone,
        since: since.toISOString(),
        until: until.toISOString(),
        data,
        totals: sums
      })
    }
  )
})
