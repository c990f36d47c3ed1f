import { getTableName } from 'drizzle-orm'
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'
import { primaryKeyOf } from '../db/bulk-sql.js'
import { apiKeys, auditLog, numberOwnerships, organizations, sessions, settings } from '../db/schema/access.js'
import { callHistory, callLegs } from '../db/schema/calls.js'
import { changes } from '../db/schema/changes.js'
import { deadLetterActions, deadLetters } from '../db/schema/dead-letters.js'
import { agentPresence, contacts, extensions, phoneNumbers, polledRanges } from '../db/schema/directory.js'
import { entities, events } from '../db/schema/events.js'
import { eventCopies, gaps, heldCalls } from '../db/schema/gaps.js'
import { smsLogs, voicemailLogs } from '../db/schema/messages.js'
import { alarms, processes } from '../db/schema/processes.js'
import { checkpoints, drift, holes, projectorStops, rebuilds } from '../db/schema/projection.js'
import { backfillRoutes, backfills, quotaKeys, quotaPermits, reconcileCursors } from '../db/schema/reconcile.js'
import { reports } from '../db/schema/reports.js'

export interface KeptTable {
  name: string
  columns: readonly string[]
  key: readonly string[]
  /** The identity column, or null when the table has none. */
  identity: string | null
}

/**
 * The tables of a backup: those that a rebuild cannot restore from the events. A new table is one line here or below.
 * Checkpoints come from the same snapshot as the events and are never ahead of them: later events are projected again.
 */
export const KEPT_TABLES: readonly KeptTable[] = [
  events,
  checkpoints,
  holes,
  deadLetters,
  deadLetterActions,
  drift,
  projectorStops,
  gaps,
  heldCalls,
  eventCopies,
  organizations,
  numberOwnerships,
  apiKeys,
  auditLog,
  settings
].map(describe)

/** Tables that a rebuild restores from the events, and its own progress. */
export const REBUILT_TABLES: readonly string[] = [
  entities,
  callHistory,
  callLegs,
  voicemailLogs,
  smsLogs,
  phoneNumbers,
  extensions,
  contacts,
  agentPresence,
  polledRanges,
  reports,
  rebuilds
].map(table => getTableName(table))

/** Tables that are of no use in another installation, or on another day. */
export const TRANSIENT_TABLES: readonly string[] = [
  quotaKeys,
  quotaPermits,
  reconcileCursors,
  backfills,
  backfillRoutes,
  sessions,
  changes,
  processes,
  alarms
].map(table => getTableName(table))

export function findKeptTable(name: string): KeptTable | undefined {
  return KEPT_TABLES.find(table => table.name === name)
}

function describe(table: PgTable): KeptTable {
  const { name, columns } = getTableConfig(table)
  return {
    name,
    columns: columns.map(column => column.name),
    key: primaryKeyOf(table),
    identity: columns.find(column => column.generatedIdentity)?.name ?? null
  }
}
