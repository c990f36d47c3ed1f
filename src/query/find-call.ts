import { and, eq } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type from 'typebox'
import { callHistory } from '../db/schema/calls.js'
import { AmbiguousIdError, NotFoundError } from '../errors.js'
import type { CallRow } from './call-shape.js'

/** Of every route that is about one call. */
export const callPath = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100, description: "MightyCall's id of the call." }) })

/**
 * @throws NotFoundError       no account has such a call
 * @throws AmbiguousIdError    several have, and none is named
 */
export async function findCall (db: NodePgDatabase, id: string, account: string | undefined): Promise<CallRow> {
  if (id.includes('\u0000')) throw new NotFoundError('call') // Postgres has no such text
  const [row, other] = await db.select().from(callHistory)
    .where(and(eq(callHistory.callId, id), account === undefined ? undefined : eq(callHistory.account, account))).limit(2)
  if (other) throw new AmbiguousIdError()
  if (!row) throw new NotFoundError('call')
  return row
}
