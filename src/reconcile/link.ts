import type pg from 'pg'
import { findCalls, findVoicemails } from './find-linked.js'
import type { Finding, Page, Unlinked } from './route-reader.js'

export interface Linked {
  /** Of the page, and of its rows that were found. */
  findings: Finding[]
  /** Rows that tell of what is not projected yet, or does not exist: a later reading may find it. */
  waiting: number
}

/**
 * What the journal's rows tell of, where they do not name it: a call by its numbers and start, a voicemail by the call it was left in.
 * What is found so is marked `inferred`.
 */
export async function linkPage (pool: pg.Pool, account: string, { findings, unlinked }: Pick<Page, 'findings' | 'unlinked'>): Promise<Linked> {
  if (unlinked.length === 0) return { findings, waiting: 0 }
  const nameless = unlinked.filter(row => row.callId === null)
  const found = new Map(zip(nameless, await findCalls(pool, account, nameless.map(row => row.call))))
  const callIdOf = (row: Unlinked) => row.callId ?? found.get(row) ?? null
  const withVoicemail = unlinked.flatMap(row => row.voicemail ? { row, voicemail: row.voicemail } : [])
  const voicemails = zip(withVoicemail, await findVoicemails(pool, account, withVoicemail.map(({ row }) => ({ ...row, callId: callIdOf(row) }))))

  const calls = nameless.flatMap((row): Finding[] => {
    const callId = callIdOf(row)
    return callId === null ? [] : [{ ...row.call, callId, inferred: true }]
  })
  const told = voicemails.flatMap(([{ row, voicemail }, match]): Finding[] => match === null
    ? []
    : [{ ...voicemail, voicemailId: match.voicemailId, callId: callIdOf(row), ...match.isInferred && { inferred: true } }])
  return { findings: [...findings, ...calls, ...told], waiting: nameless.length - calls.length + withVoicemail.length - told.length }
}

/** Two lists of the same length. */
function zip<A, B> (as: readonly A[], bs: readonly (B | null)[]): [A, B | null][] {
  return as.map((a, i) => [a, bs[i] ?? null])
}
