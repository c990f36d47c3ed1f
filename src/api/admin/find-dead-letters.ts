import { and, asc, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Viewer } from '../../access/viewer.js'
import { ofAccount } from '../../access/row-visibility.js'
import { deadLetterActions, deadLetters } from '../../db/schema/dead-letters.js'
import { NotFoundError } from '../../errors.js'
import { type Letter, toLetter, toWholeLetter, type WholeLetter } from '../../query/letter-shape.js'
import type { Keyset } from '../list/parameters.js'

/** Undefined: not asked for. */
export interface LetterFilter {
  viewer: Viewer
  accounts?: readonly string[] | undefined
  /** Only those of which the account cannot be told. */
  isAccountUnknown?: boolean | undefined
  topics?: readonly string[] | undefined
  codes?: readonly string[] | undefined
  states?: readonly string[] | undefined
}

const { id, state, topic, partition, offset, account, code, reason, diedAt } = deadLetters

/**
 * Dead letters without what they hold, last died first.
 * @param place  after which they begin: the instant and the id of the last one
 */
export async function findLetters (db: NodePgDatabase, filter: LetterFilter, { place, limit }: { place: Keyset | null, limit: number }): Promise<Letter[]> {
  const rows = await db.select({ id, state, topic, partition, offset, account, code, reason, diedAt }).from(deadLetters)
    .where(and(ofAccount(filter.viewer, account), among(account, filter.accounts), filter.isAccountUnknown ? isNull(account) : undefined, among(topic, filter.topics), among(code, filter.codes), among(state, filter.states), place ? behind(place) : undefined))
    .orderBy(sql`died_at desc, id desc`)
    .limit(limit)
  return rows.map(toLetter)
}

/**
 * All of a dead letter, with numbers and texts as they are, and what was done with it.
 * @throws NotFoundError  there is none with this id, or the viewer may not see it
 */
export async function inspectLetter (db: NodePgDatabase, viewer: Viewer, letterId: string): Promise<WholeLetter> {
  const [row] = await db.select().from(deadLetters).where(and(eq(id, BigInt(letterId)), ofAccount(viewer, account)))
  if (!row) throw new NotFoundError('dead letter')
  const actions = await db.select().from(deadLetterActions).where(eq(deadLetterActions.letterId, row.id)).orderBy(asc(deadLetterActions.id))
  return toWholeLetter(row, actions)
}

/** @throws NotFoundError  there is none with this id, or the viewer may not see it */
export async function requireLetter (db: NodePgDatabase, viewer: Viewer, letterId: string): Promise<void> {
  const [row] = await db.select({ id }).from(deadLetters).where(and(eq(id, BigInt(letterId)), ofAccount(viewer, account)))
  if (!row) throw new NotFoundError('dead letter')
}

/** The place after a letter. */
export const placeOf = (letter: Letter): Keyset => [letter.diedAt, letter.id]

function behind ([diedAt, id]: Keyset): SQL {
  return sql`(died_at, id) < (${diedAt}::timestamptz, ${id}::bigint)`
}

function among (column: typeof account | typeof topic | typeof code | typeof state, values: readonly string[] | undefined): SQL | undefined {
  return values && inArray(column, [...values])
}
