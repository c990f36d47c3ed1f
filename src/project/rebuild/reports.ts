import type pg from 'pg'
import { inTransaction } from '../../db/transaction.js'
import { READ_MODELS } from '../models/read-models.js'
import { isDuration, MEASURES, type Measure, REPORT_KEY, sumColumnOf } from '../models/reports.js'
import type { Difference } from './compare.js'

const sums = MEASURES.map(sumColumnOf)
const sumOf = (measure: Measure) =>
  isDuration(measure) ? `sum(coalesce(c."${measure}", 0))::numeric / 1000` : `sum(coalesce(c."${measure}", 0))::int`

const contributions = READ_MODELS.filter(({ reports }) => reports !== undefined).flatMap(({ tables: [table] }) =>
  table ? `select account, contribution from ${table.name}` : []
)

/** The sums of the contributions that the rows keep, joined with the rows of the reports. */
const COUNTED = `with counted as (
    select r.account, c.date::date as report_date, c.number as business_number, c.extension,
      ${MEASURES.map(measure => `${sumOf(measure)} as ${sumColumnOf(measure)}`).join(', ')}
    from (${contributions.join(' union all ')}) r,
      jsonb_to_recordset(r.contribution) as c (
        date text, number text, extension text, ${MEASURES.map(measure => `"${measure}" bigint`).join(', ')}
      )
    group by 1, 2, 3, 4)`
const JOINED = `counted c full join mightycall_reports r
  on ${REPORT_KEY.map(name => `r.${name} = c.${name}`).join(' and ')}`
// A row whose sums have become 0 may be kept or missing.
const differs = (name: string) => `coalesce(r.${name}, 0) <> coalesce(c.${name}, 0)`

const COMPARE = `${COUNTED} select 'mightycall_reports' as table, coalesce(c.account, r.account) as account,
    concat_ws(' ', coalesce(c.report_date, r.report_date), coalesce(c.business_number, r.business_number),
      coalesce(c.extension, r.extension)) as entity,
    array_remove(array[${sums.map(name => `case when ${differs(name)} then '${name}' end`).join(', ')}]::text[], null)
      as fields
  from ${JOINED} where ${sums.map(differs).join(' or ')} order by 2, 3`

const REPAIR = `${COUNTED} insert into mightycall_reports as m (${[...REPORT_KEY, ...sums].join(', ')})
  select ${REPORT_KEY.map(name => `coalesce(c.${name}, r.${name})`).join(', ')},
    ${sums.map(name => `coalesce(c.${name}, 0)`).join(', ')}
  from ${JOINED} where ${sums.map(differs).join(' or ')}
  on conflict (${REPORT_KEY.join(', ')}) do update set ${sums.map(name => `${name} = excluded.${name}`).join(', ')}`

/** Compares the reports with the sums of the contributions, and repairs them unless it is a dry run. */
export async function rebuildReports(pool: pg.Pool, { dryRun }: { dryRun: boolean }): Promise<Difference[]> {
  const { rows } = await pool.query<Difference>({ text: COMPARE })
  if (dryRun || rows.length === 0) return rows
  await inTransaction(pool, async tx => {
    // The lock waits for transactions that have changed the reports. Those that have only written rows so far will add
    // their changes after the repair, which does not see their rows.
    await tx.query('lock table mightycall_reports in share row exclusive mode')
    await tx.query(REPAIR)
  })
  return rows
}
