import type pg from 'pg'
import type { AccountSettings } from '../accounts/accounts.js'
import type { Entity } from '../events/event.js'
import type { FailedEntity } from './batch/fold-entities.js'
import { type Refolded, refoldFailed } from './refold/chunk.js'

export interface RefoldAllOptions {
  pool: pg.Pool
  settings: AccountSettings
  /** Try it, and take all of it back. */
  dryRun?: boolean
  chunkSize?: number
  onStart?: (total: number) => void
  onChunk?: (chunk: Refolded) => void
  /** Checked between two chunks. */
  signal?: AbortSignal
}

export interface RefoldedAll {
  entities: number
  failures: FailedEntity[]
  /** False: it was interrupted. */
  finished: boolean
}

/** Folds all that could not be folded once again, in key order and in small transactions. */
export async function refoldAllFailed ({ pool, settings, dryRun = false, chunkSize = 200, onStart, onChunk, signal }: RefoldAllOptions): Promise<RefoldedAll> {
  const all: RefoldedAll = { entities: 0, failures: [], finished: false }
  onStart?.(await countFailed(pool))
  for (let after: Entity | null = null; ;) {
    if (signal?.aborted) return all
    const chunk: Refolded = await refoldFailed({ pool, settings, after, size: chunkSize, dryRun })
    if (!chunk.last) return { ...all, finished: true }
    after = chunk.last
    all.entities += chunk.entities
    all.failures.push(...chunk.failures)
    onChunk?.(chunk)
  }
}

async function countFailed (pool: pg.Pool): Promise<number> {
  const { rows: [row] } = await pool.query<{ count: string }>('select count(*) from entities where failed is not null')
  return Number(row?.count ?? 0)
}
