import type { CountryCode } from 'libphonenumber-js/min'
import Type from 'typebox'
import { accountsFor, viewerOf } from '../../access/viewer.js'
import { InvalidParameterError } from '../../errors.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { DAY_MS, toIsoOrNull } from '../../lib/instant.js'
import type { CompletenessOf, GapRow } from '../../reconcile/gaps/completeness.js'
import type { HourState } from '../../reconcile/gaps/hours.js'
import { defineRoutes } from '../define-routes.js'
import { decodeCursor, type Keyset } from '../list/cursor.js'
import { sendExport } from '../list/export.js'
import { exportOf, exportParameters, listResponse, timeZoneOfItem, toPage } from '../list/page.js'
import { accountsParameter, listOf, listParameters, readInstantOrDay } from '../list/parameters.js'
import { normalizeParties } from '../list/query-context.js'

const HOUR_STATES: HourState[] = ['complete', 'settling', 'open', 'unknown']

const count = (description: string) => Type.Integer({ minimum: 0, description })
const rate = (description: string) => orNull(Type.Number({ minimum: 0, maximum: 1 }), description)
const instant = (description: string) => Type.String({ format: 'date-time', description })

const hourShape = Type.Object(
  {
    account: Type.String(),
    hour: instant('The start of the hour, in UTC.'),
    businessNumber: orNull(Type.String(), '`null` when unknown, or when nothing happened in that hour.'),
    state: Type.Enum(HOUR_STATES, {
      description:
        'complete: nothing is missing, and nothing that began in the hour can still appear. settling: all that the ' +
        'REST API lists is here, but a call that began in the hour is in progress, or may be in progress unknown to ' +
        'webhooks: a call is listed only after its end. open: something is missing. unknown: the calls, voicemails ' +
        'and messages of the hour have not all been read from the REST API since it ended.'
    }),
    reported: count('Calls that the REST API has reported.'),
    heard: count('Calls that a webhook has reported.'),
    projected: count('Calls that are in the read models.'),
    inProgress: count('Calls of projected that have not ended.'),
    voicemails: count('Voicemails in the read models.'),
    messages: count('Messages in the read models.'),
    healed: count('Gaps that have been closed.'),
    open: count('Gaps that are open.')
  },
  { $id: 'CompletenessHour', description: 'What is known about one hour of one business number.' }
)

const gapShape = Type.Object(
  {
    account: Type.String(),
    kind: Type.String({ description: 'call, voicemail or message.' }),
    id: Type.String({ description: 'The id of the call or the message. For a voicemail, the id of its call.' }),
    businessNumber: orNull(Type.String(), '`null` when unknown.'),
    hour: instant('The beginning of the hour in which it happened.'),
    missing: Type.String({
      description: 'What is missing: the whole call, its completion, single facts of it, the voicemail or the message.'
    }),
    detectedAt: instant('When the gap was detected.'),
    healedAt: orNull(Type.String({ format: 'date-time' }), '`null` while the gap is open.'),
    healedBy: orNull(Type.String(), 'What closed the gap: a late webhook or the REST API.')
  },
  { $id: 'Gap', description: 'Something that MightyCall reported and that was missing here when it was detected.' }
)

const statisticsShape = Type.Object(
  {
    account: Type.String(),
    notifications: count('Distinct notifications of calls that were received in the interval.'),
    copies: count('Duplicates of notifications that were received in the interval.'),
    duplicateRate: rate('The share of duplicates among all notifications received.'),
    reportedCalls: count('Ended calls of the interval that the REST API reports.'),
    lossyCalls: count('Calls of reportedCalls whose webhooks lacked something that the REST API reports.'),
    lossRate: rate('The share of calls whose notification of their end did not arrive in time.'),
    reordered: count('Notifications that arrived after a later one of the same call.'),
    reorderRate: rate('The share of reordered notifications.'),
    delayP50Seconds: orNull(
      Type.Number(),
      'The median delay of notifications, from the time that MightyCall gives to the receipt. It includes the ' +
        'difference of the clocks.'
    ),
    delayP95Seconds: orNull(Type.Number(), 'The 95th percentile of the same delay.')
  },
  { $id: 'WebhookStatistics', description: 'The quality of webhook delivery for one account.' }
)

const completenessShape = Type.Object(
  {
    hours: Type.Array(hourShape),
    gaps: Type.Array(gapShape, { description: 'Sorted by hour, the latest first.' }),
    statistics: Type.Array(statisticsShape, { description: 'One entry for each account, over the whole interval.' }),
    nextCursor: orNull(Type.String(), 'The cursor of the next page of gaps. `null` on the last page.')
  },
  { $id: 'Completeness', description: 'What is known about the completeness of an interval.' }
)

export interface CompletenessOptions {
  completenessOf: CompletenessOf
  now: () => Date
  regionsOf: (accounts?: readonly string[]) => readonly CountryCode[]
  zonesOf: (accounts?: readonly string[]) => readonly string[]
}

const MAX_DAYS = 31

const parameters = Type.Object(
  {
    ...listParameters,
    ...exportParameters,
    table: Type.Optional(
      Type.Enum(['hours', 'gaps', 'statistics'], {
        description: 'With `format`: the rows of the file. hours when omitted.'
      })
    ),
    since: Type.Optional(
      Type.String({
        maxLength: 40,
        description:
          'The start of the interval, rounded down to the hour: an instant or a day. 24 h before `until` when omitted.'
      })
    ),
    until: Type.Optional(
      Type.String({
        maxLength: 40,
        description: `The end of the interval, exclusive. Now when omitted. At most ${MAX_DAYS} days after \`since\`.`
      })
    ),
    businessNumber: listOf(
      Type.String({ minLength: 1, maxLength: 100 }),
      'Business numbers. The statistics always cover all of them.'
    ),
    account: accountsParameter
  },
  { additionalProperties: false }
)

/** GET /v1/completeness. */
export default defineRoutes<CompletenessOptions>(
  'completeness',
  async (app, { completenessOf, now, regionsOf, zonesOf }) => {
    app.get(
      '/v1/completeness',
      {
        schema: {
          tags: ['completeness'],
          operationId: 'getCompleteness',
          summary: 'Get gaps, how they were closed, and the quality of webhook delivery',
          querystring: parameters,
          response: { 200: listResponse(completenessShape), ...errors(400, 401) }
        }
      },
      async (request, reply) => {
        const { limit, cursor, format, bom, times, table, ...filter } = request.query
        const accounts = accountsFor(viewerOf(request), filter.account)
        const file = exportOf({ format, bom, times }, timeZoneOfItem(zonesOf))
        if (table !== undefined && !file)
          throw new InvalidParameterError('table is a parameter of format=csv or ndjson')
        const { since, until } = spanOf(filter, now(), zonesOf(accounts ?? undefined))
        const regions = regionsOf(accounts ?? undefined)
        const businessNumbers = normalizeParties(filter.businessNumber, { regions }) ?? null
        const find = (after: Keyset | null, limit: number) =>
          completenessOf({ accounts, since, until, businessNumbers, after, limit })
        const after = decodeCursor(cursor, filter, ['timestamptz', 'text', 'text', 'text'])
        if (file) return sendExport<object>(reply, file.format, { after, csv: file.csv, ...tableOf(table, find) })
        const { hours, gaps, statistics } = await find(after, limit)
        const { data, nextCursor } = toPage(gaps.map(toGap), { limit, filter, keysetOf })
        return reply.send({ hours: hours.map(toHour), gaps: data, statistics, nextCursor })
      }
    )
  }
)

/** The schema and the rows of an exported table. Only the gaps are read page by page. */
function tableOf(
  table: 'hours' | 'gaps' | 'statistics' = 'hours',
  find: (after: Keyset | null, limit: number) => ReturnType<CompletenessOf>
) {
  const name = `completeness-${table}`
  const readAll = (rowsOf: (found: Awaited<ReturnType<CompletenessOf>>) => object[]) => async () => ({
    data: rowsOf(await find(null, 0)),
    next: null
  })
  if (table === 'hours') return { name, item: hourShape, readPage: readAll(found => found.hours.map(toHour)) }
  if (table === 'statistics') return { name, item: statisticsShape, readPage: readAll(found => found.statistics) }
  const readPage = async (after: Keyset | null, limit: number) => {
    const rows = (await find(after, limit)).gaps.map(toGap)
    const last = rows[limit - 1]
    return { data: rows.slice(0, limit), next: rows.length > limit && last ? keysetOf(last) : null }
  }
  return { name, item: gapShape, readPage }
}

const keysetOf = (gap: ReturnType<typeof toGap>): Keyset => [gap.hour, gap.account, gap.kind, gap.id]

function toHour({ hour, ...row }: Awaited<ReturnType<CompletenessOf>>['hours'][number]) {
  return { ...row, hour: hour.toISOString() }
}

/** @throws InvalidParameterError  `since` or `until` is invalid, or the interval is empty or too long */
function spanOf(
  query: { since?: string; until?: string },
  now: Date,
  zones: readonly string[]
): { since: Date; until: Date } {
  const until = readInstantOrDay('until', query.until, zones) ?? now
  const since = readInstantOrDay('since', query.since, zones) ?? new Date(until.getTime() - DAY_MS)
  if (since >= until) throw new InvalidParameterError('since must be before until')
  if (until.getTime() - since.getTime() > MAX_DAYS * DAY_MS)
    throw new InvalidParameterError(`until must be at most ${MAX_DAYS} days after since`)
  return { since, until }
}

export function toGap({ hour, detectedAt, healedAt, ...row }: GapRow) {
  return {
    ...row,
    hour: hour.toISOString(),
    detectedAt: detectedAt.toISOString(),
    healedAt: toIsoOrNull(healedAt)
  }
}
