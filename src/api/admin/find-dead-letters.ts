import { and, asc, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type, { type Static } from 'typebox'
import { ofAccount } from '../../access/row-visibility.js'
import type { Viewer } from '../../access/viewer.js'
import { DEAD_LETTER_STATES, deadLetterActions, deadLetters } from '../../db/schema/dead-letters.js'
import { NotFoundError } from '../../errors.js'
import { orNull } from '../../events/envelope.js'
import { isTooDeep } from '../../events/record.js'
import type { Keyset } from '../list/cursor.js'

const fields = {
  id: Type.String(),
  state: Type.Enum([...DEAD_LETTER_STATES], {
    description:
      'dead: nothing has been done. redriven: the event was projected. discarded: no action is needed. Dead letters ' +
      'are never deleted.'
  }),
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer(),
  account: orNull(Type.String(), '`null` when unknown.'),
  code: Type.String({ description: 'Why the last attempt to project it failed: an MCS_ code or a SQLSTATE.' }),
  reason: Type.String({ description: 'The same in words, without the content of the record.' }),
  diedAt: Type.String({ format: 'date-time' })
}

/** A dead letter in a list, without its content. */
export const letterShape = Type.Object(fields, {
  $id: 'DeadLetter',
  description: 'A record that could not be projected.'
})

export const wholeLetterShape = Type.Object(
  {
    ...fields,
    logId: Type.String(),
    recordId: Type.String({ description: 'The id of the event, or the SHA-256 hash of the bytes.' }),
    key: orNull(Type.String(), '`null` when there was none.'),
    headers: Type.Record(Type.String(), Type.String()),
    encoding: orNull(Type.Enum(['json', 'text', 'base64']), 'How `value` is encoded. `null` when there was no value.'),
    value: Type.Unknown({ description: 'The content: JSON if possible, otherwise text, otherwise bytes.' }),
    history: Type.Array(
      Type.Object({
        action: Type.Enum(['redriven', 'refused', 'discarded'], {
          description: 'refused: a redrive that failed.'
        }),
        by: Type.String(),
        at: Type.String({ format: 'date-time' }),
        code: orNull(Type.String(), 'The code of a refusal.'),
        reason: orNull(Type.String(), 'The reason of a refusal, or the reason that was given for a discard.')
      }),
      { description: 'What was done with the record, oldest first.' }
    )
  },
  { $id: 'DeadLetterDetails', description: 'A record that could not be projected, with its content and its history.' }
)

export type Letter = Static<typeof letterShape>
export type WholeLetter = Static<typeof wholeLetterShape>
type LetterRow = typeof deadLetters.$inferSelect
type ActionRow = typeof deadLetterActions.$inferSelect

function toLetter(row: Omit<LetterRow, 'key' | 'value' | 'headers' | 'recordId' | 'logId'>): Letter {
  const { id, topic, partition, offset, account, code, reason, diedAt } = row
  const state = row.state as Letter['state'] // only project/dead-letters writes the table
  return {
    id: String(id),
    state,
    topic,
    partition,
    offset: Number(offset),
    account,
    code,
    reason,
    diedAt: diedAt.toISOString()
  }
}

function toWholeLetter(row: LetterRow, actions: readonly ActionRow[]): WholeLetter {
  return {
    ...toLetter(row),
    logId: row.logId,
    recordId: row.recordId,
    key: row.key?.toString() ?? null,
    headers: row.headers as WholeLetter['headers'], // as in toLetter
    ...readable(row.value),
    history: actions.map(({ action, actedBy, actedAt, code, reason }) => ({
      action: action as WholeLetter['history'][number]['action'], // as in toLetter
      by: actedBy,
      at: actedAt.toISOString(),
      code,
      reason
    }))
  }
}

export function readable(bytes: Buffer | null): Pick<WholeLetter, 'encoding' | 'value'> {
  if (bytes === null) return { encoding: null, value: null }
  const text = bytes.toString()
  if (!Buffer.from(text).equals(bytes)) return { encoding: 'base64', value: bytes.toString('base64') }
  try {
    const value: unknown = JSON.parse(text)
    // A value that is nested too deeply can be parsed, but not serialized.
    return isTooDeep(value) ? { encoding: 'text', value: text } : { encoding: 'json', value }
  } catch {
    return { encoding: 'text', value: text }
  }
}

/** A property that is undefined accepts every dead letter. */
export interface LetterFilter {
  viewer: Viewer
  accounts?: readonly string[] | undefined
  /** Whether only dead letters with an unknown account are wanted. */
  isAccountUnknown?: boolean | undefined
  topics?: readonly string[] | undefined
  codes?: readonly string[] | undefined
  states?: readonly string[] | undefined
}

const { id, state, topic, partition, offset, account, code, reason, diedAt } = deadLetters

/**
 * Returns dead letters without their content, newest first.
 *
 * @param place  the keyset after which the page begins: `diedAt` and the id
 */
export async function findLetters(
  db: NodePgDatabase,
  filter: LetterFilter,
  { place, limit }: { place: Keyset | null; limit: number }
): Promise<Letter[]> {
  const rows = await db
    .select({ id, state, topic, partition, offset, account, code, reason, diedAt })
    .from(deadLetters)
    .where(
      and(
        ofAccount(filter.viewer, account),
        among(account, filter.accounts),
        filter.isAccountUnknown ? isNull(account) : undefined,
        among(topic, filter.topics),
        among(code, filter.codes),
        among(state, filter.states),
        place ? isAfterKeyset(place) : undefined
      )
    )
    .orderBy(sql`died_at desc, id desc`)
    .limit(limit)
  return rows.map(toLetter)
}

/**
 * Returns a dead letter with its unmasked content and its history.
 *
 * @throws NotFoundError  the dead letter does not exist, or the viewer may not see it
 */
export async function inspectLetter(db: NodePgDatabase, viewer: Viewer, letterId: string): Promise<WholeLetter> {
  const [row] = await db
    .select()
    .from(deadLetters)
    .where(and(eq(id, BigInt(letterId)), ofAccount(viewer, account)))
  if (!row) throw new NotFoundError('dead letter')
  const actions = await db
    .select()
    .from(deadLetterActions)
    .where(eq(deadLetterActions.letterId, row.id))
    .orderBy(asc(deadLetterActions.id))
  return toWholeLetter(row, actions)
}

/** @throws NotFoundError  the dead letter does not exist, or the viewer may not see it */
export async function requireLetter(db: NodePgDatabase, viewer: Viewer, letterId: string): Promise<void> {
  const [row] = await db
    .select({ id })
    .from(deadLetters)
    .where(and(eq(id, BigInt(letterId)), ofAccount(viewer, account)))
  if (!row) throw new NotFoundError('dead letter')
}

export const letterKeyset = (letter: Letter): Keyset => [letter.diedAt, letter.id]

function isAfterKeyset([diedAt, id]: Keyset): SQL {
  return sql`(died_at, id) < (${diedAt}::timestamptz, ${id}::bigint)`
}

function among(
  column: typeof account | typeof topic | typeof code | typeof state,
  values: readonly string[] | undefined
): SQL | undefined {
  return values && inArray(column, [...values])
}
