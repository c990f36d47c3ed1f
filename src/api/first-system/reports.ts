import { and, type SQL, sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import { visible } from '../../access/row-visibility.js'
import { viewerOf } from '../../access/viewer.js'
import type { RuntimeSettings } from '../../accounts/runtime-settings.js'
import { reports } from '../../db/schema/reports.js'
import { InvalidParameterError } from '../../errors.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { DAY_MS, isDay } from '../../lib/instant.js'
import { addDays, localDay } from '../../lib/local-day.js'
import { defineRoutes } from '../define-routes.js'
import { answerFailures, either, failure, organizationViewer, parameters } from './common.js'
import type { FirstSystemOptions } from './directory.js'

interface FirstSystemReportsOptions extends FirstSystemOptions {
  settings: RuntimeSettings
}

const MAX_DAYS = 366
const DEFAULT_DAYS = 30

const day = (description: string) => Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description }))

const querystring = Type.Object(
  {
    ...parameters,
    start_date: day(`The first day (2026-11-23). ${DEFAULT_DAYS} days before the last day when omitted.`),
    from: day('Another name of the previous parameter.'),
    end_date: day(
      `The last day, inclusive. Today in the time zone of the account when omitted. At most ${MAX_DAYS} days.`
    ),
    to: day('Another name of the previous parameter.')
  },
  { additionalProperties: false }
)

const count = (description: string) => Type.Integer({ description })

const report = Type.Object(
  {
    report_type: Type.Enum(['daily', 'daily_extension'], {
      description:
        'daily: the calls, voicemails and messages of a business number. daily_extension: the legs of an extension ' +
        'in its calls.'
    }),
    report_date: Type.String({ format: 'date', description: "The day in the account's time zone." }),
    data: Type.Object({
      account: Type.String(),
      business_number: Type.Union([Type.String(), Type.Null()], { description: '`null` when unknown.' }),
      extension: Type.Union([Type.String(), Type.Null()], { description: '`null` for the sums of a business number.' }),
      calls: count('Calls of any direction. For an extension, its legs.'),
      inbound: count('Inbound calls without the dropped ones.'),
      answered: count('Inbound calls that an agent answered. For an extension, the offered legs that it answered.'),
      missed: count(
        'Inbound calls that rang at an agent and ended unanswered. For an extension, the offered legs that ended ' +
          'unanswered, without those answered elsewhere.'
      ),
      abandoned: count('Inbound calls that ended before they rang at an agent.'),
      dropped: count('Inbound calls that ended unanswered sooner than droppedUnderSeconds. In no other inbound count.'),
      answered_elsewhere: count('For an extension: the offered legs that ended because a colleague answered.'),
      voicemails: count('Voicemails that were left.'),
      outbound: count('Outbound calls. For an extension, the legs in which it was the caller.'),
      outbound_answered: count('Outbound calls that were answered.'),
      messages_in: count('Messages from clients.'),
      messages_out: count('Messages to clients.'),
      talk_seconds: Type.Number({ description: 'The time in which somebody talked. For an extension, in its legs.' }),
      wait_seconds: orNull(
        Type.Number(),
        'The time from the start to the answer of answered inbound calls. `null` for an extension.'
      ),
      ring_seconds: orNull(
        Type.Number(),
        'For an extension: how long its phone rang, without legs in which it was the caller. `null` for calls.'
      )
    })
  },
  {
    $id: 'FirstSystemReport',
    description:
      'The sums of one day, in the format of the first system. The measures are those of /v1/stats/calls and ' +
      '/v1/stats/agents.'
  }
)

const reportList = Type.Object(
  { reports: Type.Array(report) },
  { $id: 'FirstSystemReportList', description: 'A complete list.' }
)

/** GET /api/admin/mightycall/reports. */
export default defineRoutes<FirstSystemReportsOptions>('first-system-reports', async (app, { db, now, settings }) => {
  answerFailures(app)

  app.get(
    '/api/admin/mightycall/reports',
    {
      schema: {
        tags: ['first system'],
        operationId: 'listFirstSystemReports',
        summary: 'List daily sums by business number and by extension',
        description: 'With org_id, only numbers that the organization owned when the day began.',
        querystring,
        response: {
          200: reportList,
          500: failure,
          503: failure,
          ...errors(400, 401)
        }
      }
    },
    async request => {
      const { account, start_date, from, end_date, to } = request.query
      const viewer = organizationViewer(viewerOf(request), request.query)
      const days = readDays(either('start_date and from', start_date, from), either('end_date and to', end_date, to))
      const accounts = viewer.account === null ? (account ?? (await accountsWithReports())) : [viewer.account]
      const spans = spansOf(days, accounts.map(settings.timeZoneOf), now())
      const rows = await db
        .select()
        .from(reports)
        .where(
          and(
            account && sql`${reports.account} = any(${sql.param(account)}::text[])`,
            isWithin(accounts, spans),
            // Rows of zeros remain when everything they counted has moved to another day.
            sql`(${reports.calls}, ${reports.voicemails}, ${reports.messagesIn}, ${reports.messagesOut})
              <> (0, 0, 0, 0)`,
            visible(viewer, {
              account: reports.account,
              businessNumber: reports.businessNumber,
              at: viewer.organization === null ? sql`null` : startOfReportDay(accounts)
            })
          )
        )
        .orderBy(reports.reportDate, reports.account, reports.businessNumber, reports.extension)
      return { reports: rows.map(toReport) }
    }
  )

  /** Jumps from account to account in the primary key: `distinct` would read the whole index. */
  async function accountsWithReports(): Promise<string[]> {
    const { rows } = await db.execute<{ account: string }>(sql`
      with recursive found as (
        select min(account) as account from ${reports}
        union all
        select (select min(account) from ${reports} where account > found.account) from found
        where found.account is not null
      )
      select account from found where account is not null`)
    return rows.map(row => row.account)
  }

  /** The instant at which the day of a report begins in the time zone of its account. */
  function startOfReportDay(accounts: readonly string[]): SQL {
    return sql`(${reports.reportDate}::timestamp at time zone (
      select z.zone from unnest(
        ${sql.param(accounts)}::text[],
        ${sql.param(accounts.map(settings.timeZoneOf))}::text[]
      ) as z (account, zone)
      where z.account = ${reports.account}
    ))`
  }
})

/** An interval of calendar days, both inclusive. */
interface Span {
  first: string
  last: string
}

interface RequestedDays {
  start: string | undefined
  end: string | undefined
}

/** @throws InvalidParameterError  a day does not exist in the calendar */
function readDays(start: string | undefined, end: string | undefined): RequestedDays {
  for (const day of [start, end])
    if (day !== undefined && !isDay(day))
      throw new InvalidParameterError('the day does not exist: send one like 2026-11-23')
  return { start, end }
}

/**
 * Returns one span for each time zone. Its last day is today in that zone when the request names none.
 *
 * @throws InvalidParameterError  the first day is after the last, or too long before it
 */
function spansOf({ start, end }: RequestedDays, timeZones: readonly string[], now: Date): Span[] {
  const lastIn = (timeZone: string) => end ?? localDay(now.getTime(), timeZone)
  const latest = timeZones.map(lastIn).reduce((a, b) => (a > b ? a : b), timeZones.length > 0 ? '' : lastIn('UTC'))
  const first = start ?? addDays(latest, -DEFAULT_DAYS)
  if (!isDay(first)) throw new InvalidParameterError('the day does not exist: send one like 2026-11-23')
  if (first > latest) throw new InvalidParameterError('start_date must not be after end_date')
  if (Date.parse(latest) - Date.parse(first) > MAX_DAYS * DAY_MS)
    throw new InvalidParameterError(`start_date and end_date must be at most ${MAX_DAYS} days apart`)
  return timeZones.map(lastIn).map(last => ({ first: start ?? addDays(last, -DEFAULT_DAYS), last }))
}

/** Selects the reports whose day is in the span of their account. `spans` has the order of `accounts`. */
function isWithin(accounts: readonly string[], spans: readonly Span[]): SQL {
  return sql`exists (
    select from unnest(
      ${sql.param(accounts)}::text[],
      ${sql.param(spans.map(({ first }) => first))}::date[],
      ${sql.param(spans.map(({ last }) => last))}::date[]
    ) as span (account, first, last)
    where span.account = ${reports.account} and ${reports.reportDate} between span.first and span.last
  )`
}

function toReport(row: typeof reports.$inferSelect): Static<typeof report> {
  const { account, calls, inbound, answered, missed, abandoned, dropped, voicemails, outbound } = row
  const isOfCalls = row.extension === ''
  return {
    report_type: isOfCalls ? 'daily' : 'daily_extension',
    report_date: row.reportDate,
    data: {
      account,
      business_number: row.businessNumber || null,
      extension: row.extension || null,
      calls,
      inbound,
      answered,
      missed,
      abandoned,
      dropped,
      answered_elsewhere: row.answeredElsewhere,
      voicemails,
      outbound,
      outbound_answered: row.outboundAnswered,
      messages_in: row.messagesIn,
      messages_out: row.messagesOut,
      talk_seconds: Number(row.talkSeconds),
      wait_seconds: isOfCalls ? Number(row.waitSeconds) : null,
      ring_seconds: isOfCalls ? null : Number(row.ringSeconds)
    }
  }
}
