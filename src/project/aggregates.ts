import type { Tx } from '../db/transaction.js'
import { createReportMoves, type ReportMoves } from './reports.js'
import { createSeenExtensions, type SeenExtensions } from './seen-extensions.js'

/** What rows of many entities add to: gathered while they are folded, written last, since every batch locks these few rows. */
export interface Aggregates {
  reports: ReportMoves
  extensions: SeenExtensions
  write: (tx: Tx) => Promise<void>
}

export function createAggregates (): Aggregates {
  const reports = createReportMoves()
  const extensions = createSeenExtensions()
  return {
    reports,
    extensions,
    write: async tx => {
      await extensions.write(tx)
      await reports.write(tx)
    }
  }
}
