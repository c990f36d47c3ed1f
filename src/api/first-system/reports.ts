import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { and, type SQL, sql } from 'drizzle-orm'
import fp from 'fastify-plugin'
import Type, { type Static } from 'typebox'
import { visible } from '../../access/row-visibility.js'
import { viewerOf } from '../../access/viewer.js'
import type { LiveSettings } from '../../accounts/runtime-settings.js'
import { reports } from '../../db/schema/reports.js'
import { InvalidParameterError } from '../../errors.js'
import { errors } from '../../http/error-schema.js'
import { DAY_MS, isDay } from '../../lib/instant.js'
import { localDay } from '../../lib/local-day.js'
import { answerFailures, either, failure, parameters } from './common.js'
import { asOrganization, type FirstSystemOptions } from './directory.js'

export interface FirstSystemReportsOptions extends FirstSystemOptions {
  settings: LiveSettings
}

const MAX_DAYS = 366
const DEFAULT_DAYS = 30

const day = (description: string) => Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description }))

const querystring = Type.Object(
  {
    ...parameters,
    start_date: day(`The first day (2026-11-23); ${DEFAULT_DAYS} days before the last, without it.`),
    from: day('The same.'),
    end_date: day(`The last day, which is included; today, without it. At most ${MAX_DAYS} days.`),
    to: day('The same.')
  },
  { additionalProperties: false }
)

const count = (description: string) => Type.Integer({ description })

const report = Type.Object(
  {
    report_type: Type.Enum(['daily', 'daily_extension'], {
      description:
        'daily: the calls, voicemails and messages of a business number. daily_extension: the legs of an extension in its calls.'
    }),
    report_date: Type.String({ format: 'date', description: "The day in the account's time zone." }),
    data: Type.Object({
      account: Type.String(),
      business_number: Type.Union([Type.String(), Type.Null()], { description: 'Null: not known.' }),
      extension: Type.Union([Type.String(), Type.Null()], { description: 'Null: of all calls.' }),
      calls: count('Of any direction; of an extension: legs.'),
      answered: count('Of these.'),
      missed: count('That rang, and ended unanswered.'),
      abandoned: count('That ended before they rang.'),
      voicemails: count('That were left.'),
      outbound: count('Calls; of an extension: legs in which it was the caller.'),
      messages_in: count('From clients.'),
      messages_out: count('To clients.'),
      talk_seconds: Type.Number(),
      wait_seconds: Type.Number()
    })
  },
  { title: 'firstSystemReport' }
)

/** GET /api/admin/mightycall/reports. */
export default fp<FirstSystemReportsOptions>(
  async (plain, { db, now, settings }) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()
    answerFailures(plain)

    app.get(
      '/api/admin/mightycall/reports',
      {
        schema: {
          tags: ['first system'],
          summary: 'Daily sums by business number, and by extension',
          description: 'With org_id: of the numbers that the organization owned when the day began.',
          querystring,
          response: {
            200: Type.Object({ reports: Type.Array(report) }),
            500: failure,
            503: failure,
            ...errors(400, 401)
          }
        }
      },
      async request => {
        const { account, org_id, orgId, start_date, from, end_date, to } = request.query
        const viewer = asOrganization(viewerOf(request), either('org_id and orgId', org_id, orgId))
        const days = daysOf(
          either('start_date and from', start_date, from),
          either('end_date and to', end_date, to),
          now()
        )
        const rows = await db
          .select()
          .from(reports)
          .where(
            and(
              sql`${reports.reportDate} between ${days.first} and ${days.last}`,
              account && sql`${reports.account} = any(${sql.param(account)}::text[])`,
              // what moved to another day leaves zeros behind
              sql`(${reports.calls}, ${reports.voicemails}, ${reports.messagesIn}, ${reports.messagesOut}) <> (0, 0, 0, 0)`,
              visible(viewer, {
                account: reports.account,
                businessNumber: reports.businessNumber,
                at: viewer.organization === null ? sql`null` : await startOfReportDay()
              })
            )
          )
          .orderBy(reports.reportDate, reports.account, reports.businessNumber, reports.extension)
        return { reports: rows.map(toReport) }
      }
    )

    /** By the zone of each account that has reports. */
    async function startOfReportDay(): Promise<SQL> {
      const accounts = (await db.execute<{ account: string }>(sql`select distinct account from ${reports}`)).rows.map(
        row => row.account
      )
      return sql`(${reports.reportDate}::timestamp at time zone (select z.zone from unnest(${sql.param(accounts)}::text[], ${sql.param(accounts.map(settings.timeZoneOf))}::text[]) as z (account, zone) where z.account = ${reports.account}))`
    }
  },
  { name: 'first-system-reports', fastify: '5.x', encapsulate: true }
)

/** @throws InvalidParameterError  no days, the wrong way round, or too far apart */
function daysOf(start: string | undefined, end: string | undefined, now: Date): { first: string; last: string } {
  const last = end ?? localDay(now.getTime() + DAY_MS / 2, 'UTC') // today, wherever that has begun
  const first =
    start ?? (isDay(last) ? new Date(Date.parse(last) - DEFAULT_DAYS * DAY_MS).toISOString().slice(0, 10) : last)
  for (const day of [first, last]) if (!isDay(day)) throw new InvalidParameterError('there is no such day')
  if (first > last) throw new InvalidParameterError('start_date must not be after end_date')
  if (Date.parse(last) - Date.parse(first) > MAX_DAYS * DAY_MS)
    throw new InvalidParameterError(`there may be ${MAX_DAYS} days at most`)
  return { first, last }
}

function toReport(row: typeof reports.$inferSelect): Static<typeof report> {
  const { account, calls, answered, missed, abandoned, voicemails, outbound } = row
  return {
    report_type: row.extension === '' ? 'daily' : 'daily_extension',
    report_date: row.reportDate,
    data: {
      account,
      business_number: row.businessNumber || null,
      extension: row.extension || null,
      calls,
      answered,
      missed,
      abandoned,
      voicemails,
      outbound,
      messages_in: row.messagesIn,
      messages_out: row.messagesOut,
      talk_seconds: Number(row.talkSeconds),
      wait_seconds: Number(row.waitSeconds)
    }
  }
}
