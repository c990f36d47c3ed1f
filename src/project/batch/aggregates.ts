import type { Tx } from '../../db/transaction.js'
import { type ChangedObjects, createChangedObjects } from '../changed-objects.js'
import { createReportMoves, type ReportMoves } from '../models/reports.js'
import { createSeenExtensions, type SeenExtensions } from '../models/discovered-extensions.js'

/** What rows of many entities add to: gathered while they are folded, written last, since every batch locks these few rows, and the lock of changes. */
export interface Aggregates {
  reports: ReportMoves
  extensions: SeenExtensions
  changes: ChangedObjects
  write: (tx: Tx) => Promise<void>
}

export function createAggregates (): Aggregates {
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
