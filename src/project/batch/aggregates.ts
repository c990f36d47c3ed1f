import { type Change, type ChangeKind, writeChanges } from '../../db/changes.js'
import type { Tx } from '../../db/transaction.js'
import { createSeenExtensions, type SeenExtensions } from '../models/discovered-extensions.js'
import { createReportMoves, type ReportMoves } from '../models/reports.js'

/**
 * What rows of many entities add to: gathered while they are folded, written last, since every batch locks these few
 * rows, and the lock of changes.
 */
export interface Aggregates {
  reports: ReportMoves
  extensions: SeenExtensions
  changes: ChangedObjects
  write: (tx: Tx) => Promise<void>
}

export function createAggregates(): Aggregates {
  const reports = createReportMoves()
  const extensions = createSeenExtensions()
  const changes = createChangedObjects()
  return {
    reports,
    extensions,
    changes,
    write: async tx => {
      await extensions.write(tx)
      await reports.write(tx)
      await changes.write(tx)
    }
  }
}

/** What live views must know of a transaction: gathered while rows are written, each object once. */
export interface ChangedObjects {
  add: (kind: ChangeKind, account: string, object: string) => void
  /** More of the account has changed than can be told: whoever shows it has to load it anew. */
  reset: (account: string) => void
  write: (tx: Tx) => Promise<void>
}

/** So many objects of an account are loaded anew faster than they are told one by one. */
const MOST_OF_AN_ACCOUNT = 5_000

export function createChangedObjects(): ChangedObjects {
  const accounts = new Map<string, Map<string, Change> | 'all'>()
  const reset = (account: string) => {
    accounts.set(account, 'all')
  }
  return {
    reset,
    add: (kind, account, object) => {
      const own = accounts.get(account) ?? new Map<string, Change>()
      if (own === 'all') return
      accounts.set(account, own.set(`${kind}\n${object}`, { kind, account, object }))
      if (own.size > MOST_OF_AN_ACCOUNT) reset(account)
    },
    write: tx =>
      writeChanges(
        tx,
        [...accounts].flatMap(([account, own]) =>
          own === 'all' ? [{ kind: 'reset', account, object: '' }] : [...own.values()]
        )
      )
  }
}
