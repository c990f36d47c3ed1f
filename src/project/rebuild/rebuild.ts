import type pg from 'pg'
import type { AccountSettings } from '../../accounts/accounts.js'
import { inTransaction } from '../../db/transaction.js'
import type { FailedEntity } from '../batch/fold-entities.js'
import { MEASURES, sumColumns } from '../models/reports.js'
import { type Chunk, rebuildChunk } from './chunk.js'
import type { Difference } from './compare.js'
import { rebuildOrphans } from './orphans.js'
import { aloneInRebuilding, beginRebuild, finishRebuild, noteChunk, type Progress } from './progress.js'

/**
 * Small enough that live traffic waits for its locks a moment only, large enough that a statement is worth its while.
 */
const ENTITIES_PER_CHUNK = 500

export interface RebuildOptions {
  pool: pg.Pool
  settings: AccountSettings
  now: () => Date
  /** Only report; change nothing, and begin at the beginning. */
  dryRun: boolean
  /** Do not go on with one that was not finished. */
  restart?: boolean
  chunkSize?: number
  /** Once, before anything else. */
  onStart?: (start: { resumed: boolean; entitiesDone: number; entities: number }) => void
  onChunk?: (chunk: Chunk) => void
  /** Each row that is not what its events amount to. */
  onDifference?: (difference: Difference) => void
  /** Checked between two chunks. */
  signal?: AbortSignal
}

export interface Rebuilt {
  entities: number
  events: number
  differences: number
  failures: FailedEntity[]
  /** False: it was interrupted, and the next one goes on. */
  finished: boolean
}

/**
 * Makes every row of the read models again from the table of events, in key order and in small transactions: reads go
 * on, and so does
 * the projector. Never reads the topics, whose retention is finite.
 * @throws RebuildRunningError  another process does the same
 */
export async function rebuild(options: RebuildOptions): Promise<Rebuilt> {
  const { pool, dryRun, restart = false, now } = options
  if (dryRun) return walk(options, { id: '', after: null, entities: 0, events: 0, differences: 0 })
  return aloneInRebuilding(pool, async () => {
    const progress = await beginRebuild(pool, { restart, now: now() })
    const rebuilt = await walk(options, progress)
    if (rebuilt.finished) await finishRebuild(pool, progress.id, now())
    return rebuilt
  })
}

async function walk(
  { pool, settings, dryRun, chunkSize = ENTITIES_PER_CHUNK, onStart, onChunk, onDifference, signal }: RebuildOptions,
  progress: Progress
): Promise<Rebuilt> {
  const rebuilt: Rebuilt = {
    entities: progress.entities,
    events: progress.events,
    differences: progress.differences,
    failures: [],
    finished: false
  }
  const tell = (differences: readonly Difference[]) => {
    rebuilt.differences += differences.length
    for (const difference of differences) onDifference?.(difference)
  }
  onStart?.({ resumed: progress.after !== null, entitiesDone: progress.entities, entities: await countEntities(pool) })
  const seen = new Set<string>() // an extension without a row is missing once, however many calls name it
  for (let after = progress.after; ; ) {
    if (signal?.aborted) return rebuilt
    const chunk = await rebuildChunk({
      pool,
      settings,
      after,
      size: chunkSize,
      dryRun,
      onDone: (tx, done) => noteChunk(tx, progress.id, done)
    })
    chunk.differences = chunk.differences.filter(difference => !seen.has(keyOf(difference)))
    for (const difference of chunk.differences)
      if (difference.table === 'mightycall_extensions') seen.add(keyOf(difference))
    rebuilt.entities += chunk.entities
    rebuilt.events += chunk.events
    rebuilt.failures.push(...chunk.failures)
    tell(chunk.differences)
    onChunk?.(chunk)
    if (!chunk.last) break
    after = chunk.last
  }
  tell(await rebuildOrphans(pool, { dryRun }))
  tell(await rebuildReports(pool, { dryRun }))
  return { ...rebuilt, finished: true }
}

async function countEntities(pool: pg.Pool): Promise<number> {
  const {
    rows: [row]
  } = await pool.query<{ count: string }>('select count(*) from entities')
  return Number(row?.count ?? 0)
}

const keyOf = ({ table, account, entity, fields }: Difference): string => [table, account, entity, ...fields].join('\n')

const keys = ['account', 'report_date', 'business_number', 'extension']
const sums = Object.keys(sumColumns).filter(name => !keys.includes(name))
const MILLIS = new Set(['talk_seconds', 'wait_seconds'])
const sumOf = (name: string, i: number) =>
  MILLIS.has(name)
    ? `sum(coalesce(c."${MEASURES[i]}", 0))::numeric / 1000`
    : `sum(coalesce(c."${MEASURES[i]}", 0))::int`

/** The sums that the rows' own contributions make, each with the row of the reports beside it. */
const COUNTED = `with counted as (
    select r.account, c.date::date as report_date, c.number as business_number, c.extension, ${sums.map((name, i) => `${sumOf(name, i)} as ${name}`).join(', ')}
    from (select account, contribution from call_history union all select account, contribution from voicemail_logs union all select account, contribution from sms_logs) r,
      jsonb_to_recordset(r.contribution) as c (date text, number text, extension text, ${MEASURES.map(name => `"${name}" bigint`).join(', ')})
    group by 1, 2, 3, 4)`
const JOINED = `counted c full join mightycall_reports r on ${keys.map(name => `r.${name} = c.${name}`).join(' and ')}`
// a sum that has come back to nothing may stay or go
const differs = (name: string) => `coalesce(r.${name}, 0) <> coalesce(c.${name}, 0)`

const COMPARE = `${COUNTED} select 'mightycall_reports' as table, coalesce(c.account, r.account) as account,
    concat_ws(' ', coalesce(c.report_date, r.report_date), coalesce(c.business_number, r.business_number), coalesce(c.extension, r.extension)) as entity,
    array_remove(array[${sums.map(name => `case when ${differs(name)} then '${name}' end`).join(', ')}]::text[], null) as fields
  from ${JOINED} where ${sums.map(differs).join(' or ')} order by 2, 3`

const MEND = `${COUNTED} insert into mightycall_reports as m (${[...keys, ...sums].join(', ')})
  select ${keys.map(name => `coalesce(c.${name}, r.${name})`).join(', ')}, ${sums.map(name => `coalesce(c.${name}, 0)`).join(', ')} from ${JOINED} where ${sums.map(differs).join(' or ')}
  on conflict (${keys.join(', ')}) do update set ${sums.map(name => `${name} = excluded.${name}`).join(', ')}`

/** Compares the reports with a recount, and sets them right, unless it is a dry run. */
export async function rebuildReports(pool: pg.Pool, { dryRun }: { dryRun: boolean }): Promise<Difference[]> {
  const { rows } = await pool.query<Difference>({ text: COMPARE })
  if (dryRun || rows.length === 0) return rows
  await inTransaction(pool, async tx => {
    // Whoever has written rows already will add their differences after this; whoever has added them has committed.
    await tx.query('lock table mightycall_reports in share row exclusive mode')
    await tx.query(MEND)
  })
  return rows
}
