import type pg from 'pg'
import { inTransaction } from '../../db/transaction.js'
import { MEASURES, sumColumns } from '../models/reports.js'
import type { Difference } from './compare.js'

const keys = ['account', 'report_date', 'business_number', 'extension']
const sums = Object.keys(sumColumns).filter(name => !keys.includes(name))
const MILLIS = new Set(['talk_seconds', 'wait_seconds'])
const sumOf = (name: string, i: number) => MILLIS.has(name) ? `sum(coalesce(c."${MEASURES[i]}", 0))::numeric / 1000` : `sum(coalesce(c."${MEASURES[i]}", 0))::int`

/** The sums that the rows' own contributions make, each with the row of the reports beside it. */
const COUNTED = `with counted as (
    select r.account, c.date::date as report_date, c.number as business_number, c.extension, ${sums.map((name, i) => `${sumOf(name, i)} as ${name}`).join(', ')}
    from (select account, contribution from call_history union all select account, contribution from voicemail_logs union all select account, contribution from sms_logs) r,
      jsonb_to_recordset(r.contribution) as c (date text, number text, extension text, ${MEASURES.map(name => `"${name}" bigint`).join(', ')})
    group by 1, 2, 3, 4)`
const JOINED = `counted c full join mightycall_reports r on ${keys.map(name => `r.${name} = c.${name}`).join(' and ')}`
const differs = (name: string) => `coalesce(r.${name}, 0) <> coalesce(c.${name}, 0)` // a sum that has come back to nothing may stay or go

const COMPARE = `${COUNTED} select 'mightycall_reports' as table, coalesce(c.account, r.account) as account,
    concat_ws(' ', coalesce(c.report_date, r.report_date), coalesce(c.business_number, r.business_number), coalesce(c.extension, r.extension)) as entity,
    array_remove(array[${sums.map(name => `case when ${differs(name)} then '${name}' end`).join(', ')}]::text[], null) as fields
  from ${JOINED} where ${sums.map(differs).join(' or ')} order by 2, 3`

const MEND = `${COUNTED} insert into mightycall_reports as m (${[...keys, ...sums].join(', ')})
  select ${keys.map(name => `coalesce(c.${name}, r.${name})`).join(', ')}, ${sums.map(name => `coalesce(c.${name}, 0)`).join(', ')} from ${JOINED} where ${sums.map(differs).join(' or ')}
  on conflict (${keys.join(', ')}) do update set ${sums.map(name => `${name} = excluded.${name}`).join(', ')}`

/** Compares the reports with a recount, and sets them right, unless it is a dry run. */
export async function rebuildReports (pool: pg.Pool, { dryRun }: { dryRun: boolean }): Promise<Difference[]> {
  const { rows } = await pool.query<Difference>({ text: COMPARE })
  if (dryRun || rows.length === 0) return rows
  await inTransaction(pool, async tx => {
    // Whoever has written rows already will add their differences after this; whoever has added them has committed.
    await tx.query('lock table mightycall_reports in share row exclusive mode')
    await tx.query(MEND)
  })
  return rows
}
