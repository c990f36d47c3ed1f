import type pg from 'pg'
import { bulkValues, columnsOf, parameter, unnestSql } from '../db/bulk-sql.js'
import { callHistory } from '../db/schema/calls.js'
import type { Fact, Page, UnlinkedRow } from './route-reader.js'

export interface LinkedPage {
  /** The facts of the page and those of its linked rows. */
  facts: Fact[]
  /**
   * How many rows found no call or voicemail: it is not projected yet, or does not exist. A later reading may find it.
   */
  unlinked: number
}

/**
 * Finds the calls and voicemails that rows of the journal are about without naming them: a call by its numbers and its
 * start, a voicemail by the call that it was left in. Facts that are linked in this way are marked `inferred`.
 */
export async function linkPage(
  pool: pg.Pool,
  account: string,
  { facts, unlinked }: Pick<Page, 'facts' | 'unlinked'>
): Promise<LinkedPage> {
  if (unlinked.length === 0) return { facts, unlinked: 0 }
  const unnamed = unlinked.filter(row => row.callId === null)
  const found = new Map(
    zip(
      unnamed,
      await findCalls(
        pool,
        account,
        unnamed.map(row => row.call)
      )
    )
  )
  const callIdOf = (row: UnlinkedRow) => row.callId ?? found.get(row) ?? null
  const withVoicemail = unlinked.flatMap(row => (row.voicemail ? { row, voicemail: row.voicemail } : []))
  const voicemails = zip(
    withVoicemail,
    await findVoicemails(
      pool,
      account,
      withVoicemail.map(({ row }) => ({ ...row, callId: callIdOf(row) }))
    )
  )

  const calls = unnamed.flatMap((row): Fact[] => {
    const callId = callIdOf(row)
    return callId === null ? [] : [{ ...row.call, callId, inferred: true }]
  })
  const leftVoicemails = voicemails.flatMap(([{ row, voicemail }, match]): Fact[] =>
    match === null
      ? []
      : [
          {
            ...voicemail,
            voicemailId: match.voicemailId,
            callId: callIdOf(row),
            ...(match.isInferred && { inferred: true })
          }
        ]
  )
  return {
    facts: [...facts, ...calls, ...leftVoicemails],
    unlinked: unnamed.length - calls.length + withVoicemail.length - leftVoicemails.length
  }
}

/** Two lists of the same length. */
function zip<A, B>(as: readonly A[], bs: readonly (B | null)[]): [A, B | null][] {
  return as.map((a, i) => [a, bs[i] ?? null])
}

type CallReport = Pick<
  UnlinkedRow['call'],
  'businessNumber' | 'clientNumber' | 'clientName' | 'startedAt' | 'durationSeconds'
>

/** How far apart two routes may put the start of the same call. */
const MAX_DIFFERENCE_SECONDS = 5
/** For calls without a duration. */
const DEFAULT_DURATION_SECONDS = 900

const callColumns = [
  parameter('i', 'integer'),
  ...columnsOf(callHistory, 'businessNumber'),
  parameter('client', 'text'),
  parameter('started_at', 'timestamptz')
]

const callParameters = (call: CallReport, i: number) => ({
  i,
  businessNumber: call.businessNumber,
  client: call.clientNumber ?? call.clientName, // a site widget has only a name
  started_at: call.startedAt
})

/**
 * The calls of the same numbers that began so close to each row, the nearest first. A held call has no row to link to
 * yet, but a row of the journal that is nearest to it belongs to no other call.
 */
const CALLS = `select u.i, c.call_id as id, c.is_held as "isHeld" from ${unnestSql(callColumns, 2)} cross join lateral (
    select call_id, started_at, false as is_held from call_history
    where account = $1 and business_number = u.business_number and coalesce(client_number, client_name) = u.client
      and started_at between u.started_at - interval '${MAX_DIFFERENCE_SECONDS} s'
        and u.started_at + interval '${MAX_DIFFERENCE_SECONDS} s'
    union all
    select call_id, started_at, true from held_calls h
    where account = $1 and business_number = u.business_number
      and coalesce(findings -> 0 ->> 'clientNumber', findings -> 0 ->> 'clientName') = u.client
      and started_at between u.started_at - interval '${MAX_DIFFERENCE_SECONDS} s'
        and u.started_at + interval '${MAX_DIFFERENCE_SECONDS} s'
      and not exists (select from call_history c where c.account = h.account and c.call_id = h.call_id)
  ) c
  order by abs(extract(epoch from c.started_at - u.started_at)), c.is_held, c.call_id, u.i`

/**
 * The ids of the calls of the same numbers that began within 5 s of these, in their order, or null. A call is found for
 * one of them only: the journal lists each call once, so two rows are two calls, however much they resemble each other.
 */
async function findCalls(pool: pg.Pool, account: string, calls: readonly CallReport[]): Promise<(string | null)[]> {
  if (calls.length === 0) return []
  const { rows } = await pool.query<{ i: number; id: string; isHeld: boolean }>(CALLS, [
    account,
    ...bulkValues(callColumns, calls.map(callParameters))
  ])
  const found = assignOnce(rows)
  return calls.map((_, i) => {
    const call = found.get(i)
    return call && !call.isHeld ? call.id : null
  })
}

/** Gives each row the first match that no other row has; the best matches come first. */
function assignOnce<M extends { i: number; id: string }>(matches: readonly M[]): Map<number, M> {
  const found = new Map<number, M>()
  const taken = new Set<string>()
  for (const match of matches) {
    if (found.has(match.i) || taken.has(match.id)) continue
    found.set(match.i, match)
    taken.add(match.id)
  }
  return found
}

type CallWithVoicemail = Pick<UnlinkedRow, 'callId' | 'call'>

const voicemailColumns = [...callColumns, parameter('call_id', 'text'), parameter('seconds', 'float8')]

const voicemailParameters = ({ call, callId }: CallWithVoicemail, i: number) => ({
  ...callParameters(call, i),
  call_id: callId,
  seconds: call.durationSeconds ?? DEFAULT_DURATION_SECONDS
})

/**
 * By an id when one is equal, or else by numbers and time, among the voicemails of no other call. A voicemail is left
 * before its call ends, so the one nearest to that end comes first.
 */
const VOICEMAILS = `select u.i, v.voicemail_id as id, v.voicemail_id = u.call_id is not true as "isInferred"
  from ${unnestSql(voicemailColumns, 2)} join voicemail_logs v
    on v.account = $1 and (v.voicemail_id = u.call_id or v.call_id = u.call_id or (
      v.business_number = u.business_number and coalesce(v.client_number, v.client_name) = u.client
      and (v.call_id is null or v.call_id = u.call_id)
      and v.left_at between u.started_at - interval '${MAX_DIFFERENCE_SECONDS} s'
        and u.started_at + (u.seconds + ${MAX_DIFFERENCE_SECONDS}) * interval '1 s'
    ))
  order by v.voicemail_id = u.call_id desc nulls last, v.call_id = u.call_id desc nulls last,
    abs(extract(epoch from v.left_at - u.started_at) - u.seconds), v.voicemail_id, u.i`

interface FoundVoicemail {
  voicemailId: string
  /** True when it was not found by its own id. */
  isInferred: boolean
}

/** The voicemails that were left in these calls, each of them once, in the order of the calls; null without one. */
async function findVoicemails(
  pool: pg.Pool,
  account: string,
  calls: readonly CallWithVoicemail[]
): Promise<(FoundVoicemail | null)[]> {
  if (calls.length === 0) return []
  const { rows } = await pool.query<{ i: number; id: string; isInferred: boolean }>(VOICEMAILS, [
    account,
    ...bulkValues(voicemailColumns, calls.map(voicemailParameters))
  ])
  const found = assignOnce(rows)
  return calls.map((_, i) => {
    const voicemail = found.get(i)
    return voicemail ? { voicemailId: voicemail.id, isInferred: voicemail.isInferred } : null
  })
}
