import type pg from 'pg'
import type { Logger } from 'pino'
import type { AccountSettings } from '../../accounts/accounts.js'
import type { Entity } from '../../events/event.js'
import { retry } from '../../lib/retry.js'
import type { FailedEntity } from '../batch/fold-entities.js'
import { type RefoldedChunk, refoldFailed, refoldOutdated } from './chunk.js'

export interface RefoldOptions {
  pool: pg.Pool
  settings: AccountSettings
  logger: Logger
  chunkSize?: number
}

export interface Refold {
  /** Resolves when no entity is left to be folded again. */
  done: Promise<void>
  close: () => Promise<void>
}

const ENTITIES_PER_CHUNK = 200
const BACK_OFF = { first: 10_000, most: 10_000 }

/**
 * Folds entities again in the background: those that an older version has folded, and once those that could not be
 * folded, since a deploy may have fixed the cause. Entities that live traffic has locked are skipped: it folds them by
 * the current version.
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
  const onFailure = (err: unknown) => logger.warn({ err }, 'folding entities again failed, will try again')
  const nextChunk = () => refoldOutdated({ pool, settings, after, size: chunkSize })
  while (!signal.aborted) {
    const chunk: RefoldedChunk | undefined = await retry(nextChunk, { signal, backOff: BACK_OFF, onFailure })
    if (!chunk?.last) break
    if (count === 0) logger.info('folding entities of older fold versions again')
    after = chunk.last
    count += chunk.entities
    failed += chunk.failures.length
  }
  if (count > 0)
    logger.info(
      { entities: count, failed },
      signal.aborted
        ? 'folding entities again continues at the next start'
        : 'all entities have the current fold version'
    )
}

export interface RefoldAllOptions {
  pool: pg.Pool
  settings: AccountSettings
  /** Fold, and roll everything back. */
  dryRun?: boolean
  chunkSize?: number
  onStart?: (total: number) => void
  onChunk?: (chunk: RefoldedChunk) => void
  /** Interrupts between two chunks. */
  signal?: AbortSignal
}

export interface RefoldResult {
  entities: number
  failures: FailedEntity[]
  /** False when it was interrupted. */
  finished: boolean
}

/** Folds all entities again that could not be folded, in key order and in small transactions. */
export async function refoldAllFailed({
  pool,
  settings,
  dryRun = false,
  chunkSize = 200,
  onStart,
  onChunk,
  signal
}: RefoldAllOptions): Promise<RefoldResult> {
  const result: RefoldResult = { entities: 0, failures: [], finished: false }
  onStart?.(await countFailed(pool))
  for (let after: Entity | null = null; ; ) {
    if (signal?.aborted) return result
    const chunk: RefoldedChunk = await refoldFailed({ pool, settings, after, size: chunkSize, dryRun })
    if (!chunk.last) return { ...result, finished: true }
    after = chunk.last
    result.entities += chunk.entities
    result.failures.push(...chunk.failures)
    onChunk?.(chunk)
  }
}

async function countFailed(pool: pg.Pool): Promise<number> {
  const {
    rows: [row]
  } = await pool.query<{ count: string }>('select count(*) from entities where failed is not null')
  return Number(row?.count ?? 0)
}
