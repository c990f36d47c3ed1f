import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Logger } from 'pino'
import { inTransaction } from '../db/transaction.js'
import type { Entity } from '../events/event.js'
import { createAggregates } from './aggregates.js'
import { raiseFoldVersions } from './entities.js'
import { foldEntities } from './fold-entities.js'
import { READ_MODELS } from './models/read-models.js'
import type { AccountSettings } from '../accounts.js'

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
 * a deploy may have mended it. Live traffic goes first: whatever it holds locked is being folded by today's folds anyway.
 */
export function startRefold (options: RefoldOptions): Refold {
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

async function refoldAll ({ pool, settings, logger, chunkSize = ENTITIES_PER_CHUNK }: RefoldOptions, signal: AbortSignal): Promise<void> {
  let after: Entity | null = null
  let count = 0
  let failed = 0
  while (!signal.aborted) {
    try {
      const chunk: Refolded = await refoldChunk(pool, settings, { after, size: chunkSize })
      if (!chunk.last) break
      if (count === 0) logger.info('folding again what an older version has folded')
      after = chunk.last
      count += chunk.entities
      failed += chunk.failed
    } catch (err) {
      logger.warn({ err }, 'folding again is interrupted, and tried again soon')
      await sleep(PATIENCE_MS, undefined, { signal }).catch(() => {}) // closing ends it
    }
  }
  if (count > 0) logger.info({ entities: count, failed }, signal.aborted ? 'folding again goes on at the next start' : 'all is folded by the present version')
}

interface Refolded {
  last: Entity | null
  entities: number
  failed: number
}

const OUTDATED = `select e.account, e.kind, e.entity from entities e join unnest($1::text[], $2::int[]) as v (kind, version) on v.kind = e.kind
  where (e.fold_version < v.version or e.failed is not null) and (e.account, e.kind, e.entity) > ($3, $4, $5)
  order by e.account, e.kind, e.entity limit $6 for update of e skip locked`

async function refoldChunk (pool: pg.Pool, settings: AccountSettings, { after, size }: { after: Entity | null, size: number }): Promise<Refolded> {
  return inTransaction(pool, async tx => {
    const { rows: entities } = await tx.query<Entity>(OUTDATED, [
      READ_MODELS.map(({ kind }) => kind), READ_MODELS.map(({ foldVersion }) => foldVersion), after?.account ?? '', after?.kind ?? '', after?.entity ?? '', size
    ])
    const aggregates = createAggregates()
    const failures = await foldEntities(tx, entities, { settings, aggregates })
    await raiseFoldVersions(tx, entities)
    await aggregates.write(tx)
    return { last: entities.at(-1) ?? null, entities: entities.length, failed: failures.length }
  })
}
