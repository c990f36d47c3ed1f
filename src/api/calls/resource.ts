import { getTableColumns, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type from 'typebox'
import { callHistory, callLegs } from '../../db/schema/calls.js'
import type { QueryContext } from '../list/query-context.js'
import { findRow, type Resource } from '../list/resource.js'
import { findCallbacks } from './callbacks.js'
import { callParameters, conditions, parseCallFilter, visibleCalls } from './filter.js'
import { type CallShape, callShape, type LegRow, type StoredCall, toCall } from './schema.js'

const { contribution: _, ...columns } = getTableColumns(callHistory)

/** Calls as they are. */
export const calls: Resource<typeof callParameters, StoredCall, CallShape> = {
  noun: 'call',
  parameters: callParameters,
  item: callShape,
  account: columns.account,
  id: columns.callId,
  idType: 'text',
  sortColumns: [
    [columns.startedAt, 'timestamptz'],
    [columns.account, 'text'],
    [columns.callId, 'text']
  ],
  keysetOf: row => [row.startedAt.toISOString(), row.account, row.callId],
  visible: visibleCalls,
  where: (query, context) => conditions(parseCallFilter(query, context), context),
  select: (db, { where, order, limit }) =>
    db
      .select(columns)
      .from(callHistory)
      .where(where)
      .orderBy(...(order ? [order] : []))
      .limit(limit),
  toItems: showCalls
}

async function showCalls(
  rows: readonly StoredCall[],
  { viewer, now }: QueryContext,
  db: NodePgDatabase
): Promise<CallShape[]> {
  if (rows.length === 0) return []
  const accounts = sql.param(rows.map(row => row.account))
  const ids = sql.param(rows.map(row => row.callId))
  const [legs, callbackOf] = await Promise.all([
    db
      .select()
      .from(callLegs)
      .where(
        sql`(${callLegs.account}, ${callLegs.callId}) in (select * from unnest(${accounts}::text[], ${ids}::text[]))`
      ),
    findCallbacks(db, viewer, rows)
  ])
  const legsOf = new Map<string, LegRow[]>(rows.map(row => [`${row.account} ${row.callId}`, []]))
  for (const leg of legs) legsOf.get(`${leg.account} ${leg.callId}`)?.push(leg)
  return rows.map(row => toCall(row, legsOf.get(`${row.account} ${row.callId}`) ?? [], now, callbackOf(row)))
}

/** Of every route that is about one call. */
export const callPath = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100, description: 'The id of the call at MightyCall.' })
})

/**
 * @throws NotFoundError       no account that the viewer may see has such a call
 * @throws AmbiguousIdError    several have, and none is named
 */
export function findCall(
  db: NodePgDatabase,
  key: { id: string; account?: string | undefined },
  context: QueryContext
): Promise<StoredCall> {
  return findRow(calls, key, { db, context })
}
