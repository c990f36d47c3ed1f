import type pg from 'pg'
import type { AccountSettings } from '../../accounts/accounts.js'
import type { FailedEntity } from '../batch/fold-entities.js'
import { type Chunk, rebuildChunk } from './chunk.js'
import type { Difference } from './compare.js'
import { rebuildOrphans } from './orphans.js'
import { beginRebuild, finishRebuild, type Progress, recordChunk, withRebuildLock } from './progress.js'
import { rebuildReports } from './reports.js'

/** Small enough that live traffic waits only briefly for its locks, and large enough for efficient statements. */
const ENTITIES_PER_CHUNK = 500

export interface RebuildOptions {
  pool: pg.Pool
  settings: AccountSettings
  now: () => Date
  /** Only report, from the first entity on; change nothing. */
  dryRun: boolean
  /** Start again instead of continuing an interrupted rebuild. */
  restart?: boolean
  chunkSize?: number
  /** Called once, before anything else. */
  onStart?: (start: { resumed: boolean; entitiesDone: number; entities: number }) => void
  onChunk?: (chunk: Chunk) => void
  /** Called for each row that differs from what its events make. */
  onDifference?: (difference: Difference) => void
  /** Interrupts the rebuild between two chunks. */
  signal?: AbortSignal
}

export interface Rebuilt {
  entities: number
  events: number
  differences: number
  failures: FailedEntity[]
  /** False when it was interrupted; the next rebuild continues it. */
  finished: boolean
}

/**
 * Rebuilds every row of the read models from the table of events, in key order and in small transactions, while queries
 * and the projector continue. Topics are not read, since their retention is finite.
 * @throws RebuildRunningError  when another process is rebuilding
 */
export async function rebuild(options: RebuildOptions): Promise<Rebuilt> {
  const { pool, dryRun, restart = false, now } = options
  if (dryRun) return rebuildFrom(options, { id: '', after: null, entities: 0, events: 0, differences: 0 })
  return withRebuildLock(pool, async () => {
    const progress = await beginRebuild(pool, { restart, now: now() })
    const rebuilt = await rebuildFrom(options, progress)
    if (rebuilt.finished) await finishRebuild(pool, progress.id, now())
    return rebuilt
  })
}

async function rebuildFrom(
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
  const report = (differences: readonly Difference[]) => {
    rebuilt.differences += differences.length
    for (const difference of differences) onDifference?.(difference)
  }
  onStart?.({ resumed: progress.after !== null, entitiesDone: progress.entities, entities: await countEntities(pool) })
  const seen = new Set<string>() // many calls may name the same missing extension, which is reported once
  for (let after = progress.after; ; ) {
    if (signal?.aborted) return rebuilt
    const chunk = await rebuildChunk({
      pool,
      settings,
      after,
      size: chunkSize,
      dryRun,
      onDone: (tx, done) => recordChunk(tx, progress.id, done)
    })
    chunk.differences = chunk.differences.filter(difference => !seen.has(keyOf(difference)))
    for (const difference of chunk.differences)
      if (difference.table === 'mightycall_extensions') seen.add(keyOf(difference))
    rebuilt.entities += chunk.entities
    rebuilt.events += chunk.events
    rebuilt.failures.push(...chunk.failures)
    report(chunk.differences)
    onChunk?.(chunk)
    if (!chunk.last) break
    after = chunk.last
  }
  report(await rebuildOrphans(pool, { dryRun }))
  report(await rebuildReports(pool, { dryRun }))
  return { ...rebuilt, finished: true }
}

async function countEntities(pool: pg.Pool): Promise<number> {
  const {
    rows: [row]
  } = await pool.query<{ count: string }>('select count(*) from entities')
  return Number(row?.count ?? 0)
}

const keyOf = ({ table, account, entity, fields }: Difference): string => [table, account, entity, ...fields].join('\n')
