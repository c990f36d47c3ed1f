import type pg from 'pg'
import { NotFoundError, NotReconcilingError } from '../../errors.js'
import type { Backfill } from './backfill.js'
import { type BackfillRequest, type BeginOutcome, beginBackfill, endBackfill, loadBackfills } from './store.js'

/** What a person may do about backfills. */
export interface Backfills {
  /**
   * Resolves when it is noted, which is long before it is read.
   * @throws NotReconcilingError   this process reads nothing
   * @throws BackfillRunningError  another interval of the account is being read
   */
  begin: (request: BackfillRequest) => Promise<{ outcome: BeginOutcome; backfill: Backfill }>
  /** Newest first, at most a hundred. Null: of all accounts. */
  all: (accounts: readonly string[] | null) => Promise<Backfill[]>
  /** @throws NotFoundError */
  byId: (id: string) => Promise<Backfill>
  /**
   * It ends after the page that it is reading; what was read stays. One that has ended stays as it ended. @throws
   * NotFoundError
   */
  stop: (id: string) => Promise<Backfill>
}

export interface BackfillsOptions {
  pool: pg.Pool
  now: () => Date
  /** To be told that there is something to do or to stop. Null: nobody in this process reads. */
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
