import { type Change, type ChangeKind, writeChanges } from '../../db/changes.js'
import type { Tx } from '../../db/transaction.js'
import { createSeenExtensions, type SeenExtensions } from '../models/discovered-extensions.js'
import { createReportChanges, type ReportChanges } from '../models/reports.js'

/**
 * The effects of many entities on shared rows: collected while the entities are folded and written at the end of the
 * transaction, since every batch locks these few rows and the lock of the numbered changes.
 */
export interface Aggregates {
  reports: ReportChanges
  extensions: SeenExtensions
  changes: ChangedObjects
  write: (tx: Tx) => Promise<void>
}

export function createAggregates(): Aggregates {
  const reports = createReportChanges()
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

/** The objects that a transaction has changed, each once, collected for live updates. */
export interface ChangedObjects {
  add: (kind: ChangeKind, account: string, object: string) => void
  /** Announces that viewers of the account have to load everything again. */
  reset: (account: string) => void
  write: (tx: Tx) => Promise<void>
}

/** Beyond this number of changed objects, loading the account again is faster than announcing each object. */
const MAX_OBJECTS_OF_ACCOUNT = 5_000

function createChangedObjects(): ChangedObjects {
  const accounts = new Map<string, Map<string, Change> | 'all'>()
  const reset = (account: string) => {
    accounts.set(account, 'all')
  }
  return {
    reset,
    add: (kind, account, object) => {
      const objects = accounts.get(account) ?? new Map<string, Change>()
      if (objects === 'all') return
      accounts.set(account, objects.set(`${kind}\n${object}`, { kind, account, object }))
      if (objects.size > MAX_OBJECTS_OF_ACCOUNT) reset(account)
    },
    write: tx =>
      writeChanges(
        tx,
        [...accounts].flatMap(([account, objects]) =>
          objects === 'all' ? [{ kind: 'reset', account, object: '' }] : [...objects.values()]
        )
      )
  }
}
