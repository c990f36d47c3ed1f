import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { AccountSettings } from '../../accounts/accounts.js'
import type { Entity } from '../../events/event.js'
import type { FailedEntity } from '../batch/fold-entities.js'
import { type Refolded, refoldFailed, refoldOutdated } from './chunk.js'

export interface RefoldOptions {
  pool: pg.Pool
  settings: AccountSettings
  logger: Logger
  chunkSize?: number
}

export interface Refold {
  /** Resolves when nothing is left to fold again. */
  done: Promise<void>
  close: () => Promise<void>
}

const ENTITIES_PER_CHUNK = 200
const PATIENCE_MS = 10_000

/**
 * Folds again, in the background, what an older version of a fold has folded, and once what could not be folded before:
 * a deploy may have mended it. Live traffic goes first: whatever it holds locked is being folded by today's folds
 * anyway.
 */
export function startRefold(options: RefoldOptions): Refold {
  const abort = new AbortController()
  const done = refoldAll(options, abort.signal)
  return {
    done,
    close: async () => {
      abort.abort()
      await done
    }
  }
}

async function refoldAll(
  { pool, settings, logger, chunkSize = ENTITIES_PER_CHUNK }: RefoldOptions,
  signal: AbortSignal
): Promise<void> {
  let after: Entity | null = null
  let count = 0
  let failed = 0
  while (!signal.aborted) {
    try {
      const chunk: Refolded = await refoldOutdated({ pool, settings, after, size: chunkSize })
      if (!chunk.last) break
      if (count === 0) logger.info('folding again what an older version has folded')
      after = chunk.last
      count += chunk.entities
      failed += chunk.failures.length
    } catch (err) {
      logger.warn({ err }, 'folding again is interrupted, and tried again soon')
      await sleep(PATIENCE_MS, undefined, { signal }).catch(() => {}) // closing ends it
    }
  }
  if (count > 0)
    logger.info(
      { entities: count, failed },
      signal.aborted ? 'folding again goes on at the next start' : 'all is folded by the present version'
    )
}

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
export async function refoldAllFailed({
  pool,
  settings,
  dryRun = false,
  chunkSize = 200,
  onStart,
  onChunk,
  signal
}: RefoldAllOptions): Promise<RefoldedAll> {
  const all: RefoldedAll = { entities: 0, failures: [], finished: false }
  onStart?.(await countFailed(pool))
  for (let after: Entity | null = null; ; ) {
    if (signal?.aborted) return all
    const chunk: Refolded = await refoldFailed({ pool, settings, after, size: chunkSize, dryRun })
    if (!chunk.last) return { ...all, finished: true }
    after = chunk.last
    all.entities += chunk.entities
    all.failures.push(...chunk.failures)
    onChunk?.(chunk)
  }
}

async function countFailed(pool: pg.Pool): Promise<number> {
  const {
    rows: [row]
  } = await pool.query<{ count: string }>('select count(*) from entities where failed is not null')
  return Number(row?.count ?? 0)
}
