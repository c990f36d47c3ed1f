import type pg from 'pg'
import { NotFoundError, NotReconcilingError } from '../../errors.js'
import type { Backfill } from './backfill.js'
import { type BackfillRequest, type BeginOutcome, beginBackfill, endBackfill, loadBackfills } from './store.js'

/** What users can do with backfills. */
export interface Backfills {
  /**
   * Resolves when the backfill is stored, long before it has ended.
   *
   * @throws NotReconcilingError   this process does not have the role `reconcile`
   * @throws BackfillRunningError  another interval of the account is being read
   */
  begin: (request: BackfillRequest) => Promise<{ outcome: BeginOutcome; backfill: Backfill }>
  /** The newest hundred, newest first; `null` stands for all accounts. */
  all: (accounts: readonly string[] | null) => Promise<Backfill[]>
  /** @throws NotFoundError */
  byId: (id: string) => Promise<Backfill>
  /**
   * Stops it after the page that it is reading; what was read stays. A backfill that has ended is not changed.
   *
   * @throws NotFoundError
   */
  stop: (id: string) => Promise<Backfill>
}

export interface BackfillsOptions {
  pool: pg.Pool
  now: () => Date
  /** Makes the runner look for changes; `null` when this process has none. */
  wake: (() => void) | null
}

export function createBackfills({ pool, now, wake }: BackfillsOptions): Backfills {
  async function byId(id: string): Promise<Backfill> {
    const [backfill] = await loadBackfills(pool, { ids: [id] })
    if (!backfill) throw new NotFoundError('backfill')
    return backfill
  }

  return {
    byId,
    all: accounts => loadBackfills(pool, accounts ? { accounts } : {}),
    begin: async asked => {
      if (!wake) throw new NotReconcilingError()
      const { id, outcome } = await beginBackfill(pool, asked, now())
      wake()
      return { outcome, backfill: await byId(id) }
    },
    stop: async id => {
      await endBackfill(pool, id, { state: 'stopped', now: now() })
      wake?.()
      return byId(id)
    }
  }
}
