import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type from 'typebox'
import type { Asked } from '../api/list/query-context.js'
import { calls } from '../api/calls/resource.js'
import type { CallRow } from '../api/calls/schema.js'
import { findRow } from '../api/list/resource.js'

/** Of every route that is about one call. */
export const callPath = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100, description: "MightyCall's id of the call." }) })

/**
 * @throws NotFoundError       no account that the viewer may see has such a call
 * @throws AmbiguousIdError    several have, and none is named
 */
export function findCall (db: NodePgDatabase, key: { id: string, account?: string | undefined }, asked: Asked): Promise<CallRow> {
  return findRow(calls, key, { db, asked })
}
