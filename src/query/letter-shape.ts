import Type, { type Static } from 'typebox'
import { orNull } from '../events/envelope.js'
import { type deadLetterActions, type deadLetters, LETTER_STATES } from '../db/schema/dead-letters.js'
import { isTooDeep } from '../events/record.js'


const fields = {
  id: Type.String(),
  state: Type.Enum([...LETTER_STATES], { description: 'Nothing takes a letter away. Dead: nobody has done anything about it. Redriven: its event is projected. Discarded: it needs nothing more.' }),
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer(),
  account: orNull(Type.String(), 'Null: it cannot be told.'),
  code: Type.String({ description: 'Why it could not be projected when that was last tried: MCS_…, or the SQLSTATE.' }),
  reason: Type.String({ description: 'The same in words, without what it holds.' }),
  diedAt: Type.String({ format: 'date-time' })
}

/** In lists: nothing of what it holds. */
export const letterShape = Type.Object(fields, { title: 'deadLetter', description: 'A record that could not be projected.' })

export const wholeLetterShape = Type.Object({
  ...fields,
  logId: Type.String(),
  recordId: Type.String({ description: "Its event's id, or the SHA-256 of its bytes." }),
  key: orNull(Type.String(), 'Null: it had none.'),
  headers: Type.Record(Type.String(), Type.String()),
  encoding: orNull(Type.Enum(['json', 'text', 'base64']), 'What value is. Null: it had none.'),
  value: Type.Unknown({ description: 'As far as it can be read: JSON, otherwise text, otherwise its bytes.' }),
  history: Type.Array(Type.Object({
    action: Type.Enum(['redriven', 'refused', 'discarded'], { description: 'Refused: a redrive that came to nothing.' }),
    by: Type.String(),
    at: Type.String({ format: 'date-time' }),
    code: orNull(Type.String(), 'Of a refusal.'),
    reason: orNull(Type.String(), 'Of a refusal, or what was given for a discard.')
  }), { description: 'What was done with it, oldest first.' })
}, { title: 'wholeDeadLetter' })

export type Letter = Static<typeof letterShape>
export type WholeLetter = Static<typeof wholeLetterShape>
type LetterRow = typeof deadLetters.$inferSelect
type ActionRow = typeof deadLetterActions.$inferSelect

export function toLetter (row: Omit<LetterRow, 'key' | 'value' | 'headers' | 'recordId' | 'logId'>): Letter {
  const { id, topic, partition, offset, account, code, reason, diedAt } = row
  const state = row.state as Letter['state'] // only project/letters writes it
  return { id: String(id), state, topic, partition, offset: Number(offset), account, code, reason, diedAt: diedAt.toISOString() }
}

export function toWholeLetter (row: LetterRow, actions: readonly ActionRow[]): WholeLetter {
  return {
    ...toLetter(row),
    logId: row.logId,
    recordId: row.recordId,
    key: row.key?.toString() ?? null,
    headers: row.headers as WholeLetter['headers'], // only project/dead-letters.ts writes it
    ...readable(row.value),
    history: actions.map(({ action, actedBy, actedAt, code, reason }) => ({ action: action as WholeLetter['history'][number]['action'], by: actedBy, at: actedAt.toISOString(), code, reason })) // as above
  }
}

export function readable (bytes: Buffer | null): Pick<WholeLetter, 'encoding' | 'value'> {
  if (bytes === null) return { encoding: null, value: null }
  const text = bytes.toString()
  if (!Buffer.from(text).equals(bytes)) return { encoding: 'base64', value: bytes.toString('base64') }
  try {
    const value: unknown = JSON.parse(text)
    return isTooDeep(value) ? { encoding: 'text', value: text } : { encoding: 'json', value } // what is too deep could be read, but not answered
  } catch {
    return { encoding: 'text', value: text }
  }
}
