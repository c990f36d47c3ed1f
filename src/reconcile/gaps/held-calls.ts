import type pg from 'pg'
import { LOCK_CLASSES } from '../../db/advisory-locks.js'
import { inTransaction, type Tx } from '../../db/transaction.js'
import type { CallReported } from '../../events/call.js'
import type { FactOf, Interval } from '../route-reader.js'
import { compareIds } from './alarms.js'
import { GRACE_MS } from './gap-rules.js'
import { type CallMatch, type Candidate, MAX_START_DIFFERENCE_MS, matchCall } from './match-call.js'

/** A report of a call, before it is an event. */
export type CallFact = FactOf<CallReported>

/** A report that is due to be appended, and the call that it was held under: the ids differ when it is linked. */
interface DueCall {
  heldId: string
  fact: CallFact
}

export interface CallHold {
  /**
   * Holds these reported calls, and returns which of all held calls of the account are due to be appended.
   * Due calls stay held until `forget`, so that none is lost by a crash in between.
   *
   * @param options.listRead  the interval of a list that was read to its end with these calls, or before them
   */
  takeDue: (
    account: string,
    facts: readonly CallFact[],
    options: { now: Date; listRead?: Interval | null }
  ) => Promise<DueCall[]>
  /**
   * Removes those of these calls, which are durable in the log, that are linked or projected. The others stay, so that
   * their hours do not count as complete meanwhile; they are due again after the next reading, and change nothing.
   */
  forget: (account: string, due: readonly DueCall[], now: Date) => Promise<void>
}

interface HeldRow {
  call_id: string
  held_at: Date
  findings: CallFact[] // the column is named after the former name of facts
}

const HOLD = `insert into held_calls (account, call_id, held_at, started_at, ended_at, business_number, findings)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (account, call_id) do update set findings = excluded.findings, ended_at = excluded.ended_at`
const KNOWN = "select entity from entities where account = $1 and kind = 'call' and entity = any($2)"

/** Calls of webhooks that REST has not reported by their own ids; one that was linked before is linked again. */
const CANDIDATES = `select call_id as "callId", business_number as "businessNumber", client_number as "clientNumber",
    (extract(epoch from started_at) * 1000)::float8 as "startedAt",
    (extract(epoch from ended_at) * 1000)::float8 as "endedAt",
    (extract(epoch from last_event_at) * 1000)::float8 as "lastEventAt"
  from call_history c
  where account = $1 and webhook_events > 0
    and started_at between $2::timestamptz - $4 * interval '1 ms' and $3::timestamptz + $4 * interval '1 ms'
    and not exists (
      select from events e where e.account = c.account and e.kind = 'call' and e.entity = c.call_id
        and e.type = 'call.reported' and not e.fields ? 'inferred'
    )`

/** Webhooks had announced these calls after all, under other ids. */
const LINKED = `update gaps set healed_at = greatest(detected_at, $3), healed_by = 'webhook'
  where account = $1 and kind = 'call' and entity = any($2) and healed_at is null`

const FORGET = `delete from held_calls h where account = $1 and call_id = any($2)
  and (call_id = any($3) or exists (
    select from events e where e.account = h.account and e.kind = 'call' and e.entity = h.call_id
  ))`

const LOCK = 'select pg_advisory_xact_lock($1, hashtext($2))'

/** However long ago a call ended, its webhooks may still be on their way through our own log. */
const SETTLING_MS = 2 * 60_000

/**
 * Holds calls that REST reports before webhooks do until 15 minutes after their end: creating a call that webhooks
 * announce under another id would duplicate it.
 *
 * @param options.isPast  true for calls that are read long afterwards; they do not wait for our own log either
 */
export function createCallHold(pool: pg.Pool, { isPast = false } = {}): CallHold {
  return {
    takeDue: (account, findings, { now, listRead = null }) =>
      inTransaction(pool, async tx => {
        await tx.query(LOCK, [LOCK_CLASSES.heldCalls, account]) // two processes would link two calls to the same one
        const calls = byCall([
          ...(await loadHeld(tx, account)),
          ...findings.map(finding => ({ call_id: finding.callId, held_at: now, findings: [finding] }))
        ])
        const reported = new Set(findings.map(finding => finding.callId))
        const isOfBackfill = (call: HeldRow) =>
          isPast && (reported.has(call.call_id) || (listRead !== null && contains(listRead, startOf(call))))
        const waitsSince = (call: HeldRow) => {
          const heldAt = call.held_at.getTime()
          const least = isOfBackfill(call) ? Number.NEGATIVE_INFINITY : heldAt - GRACE_MS + SETTLING_MS
          return Math.min(heldAt, Math.max(endOf(call) ?? heldAt, least))
        }
        const matches = await matchCalls(tx, account, calls, { now, waitsSince, isListRead: listRead !== null })
        for (const call of calls) if (matches.get(call.call_id)?.kind !== 'known') await hold(tx, account, call)
        return calls.flatMap(call => dueCallsOf(call, matches.get(call.call_id), now))
      }),
    forget: async (account, due, now) => {
      const linked = due.filter(({ fact }) => fact.inferred).map(({ heldId }) => heldId)
      await pool.query(LINKED, [account, linked, now])
      await pool.query(FORGET, [account, due.map(({ heldId }) => heldId), linked])
    }
  }
}

async function loadHeld(tx: Tx, account: string): Promise<HeldRow[]> {
  return (
    await tx.query<HeldRow>(
      'select call_id, held_at, findings from held_calls where account = $1 order by held_at, call_id',
      [account]
    )
  ).rows
}

/** One row for each call, with the newest report of each route. */
function byCall(rows: readonly HeldRow[]): HeldRow[] {
  const calls = new Map<string, HeldRow>()
  for (const row of rows) {
    const known = calls.get(row.call_id)
    const routes = new Map([...(known?.findings ?? []), ...row.findings].map(finding => [finding.route, finding]))
    calls.set(row.call_id, { ...row, held_at: known?.held_at ?? row.held_at, findings: [...routes.values()] })
  }
  return [...calls.values()]
}

async function matchCalls(
  tx: Tx,
  account: string,
  calls: readonly HeldRow[],
  { now, waitsSince, isListRead }: { now: Date; waitsSince: (call: HeldRow) => number; isListRead: boolean }
): Promise<Map<string, CallMatch>> {
  const { rows: known } = await tx.query<{ entity: string }>(KNOWN, [account, calls.map(call => call.call_id)])
  const isKnown = new Set(known.map(row => row.entity))
  const starts = calls.filter(call => !isKnown.has(call.call_id)).map(startOf)
  const free = new Map<string, Candidate>()
  if (starts.length > 0) {
    const { rows } = await tx.query<Candidate>(CANDIDATES, [
      account,
      new Date(Math.min(...starts)),
      new Date(Math.max(...starts)),
      MAX_START_DIFFERENCE_MS
    ])
    const listed = new Set(calls.map(call => call.call_id))
    for (const row of rows) if (!listed.has(row.callId)) free.set(row.callId, row)
  }
  const ids = await compareIds(tx, account, now)
  const matches = new Map<string, CallMatch>()
  for (const call of calls) {
    const [first] = call.findings
    if (!first) continue
    const match = matchCall(first, {
      isKnown: isKnown.has(call.call_id),
      candidates: [...free.values()],
      heldAt: waitsSince(call),
      now: now.getTime(),
      ids,
      isListRead
    })
    if (match.kind === 'linked') free.delete(match.callId)
    matches.set(call.call_id, match)
  }
  return matches
}

async function hold(tx: Tx, account: string, call: HeldRow): Promise<void> {
  const [first] = call.findings
  const endedAt = endOf(call)
  await tx.query(HOLD, [
    account,
    call.call_id,
    call.held_at,
    new Date(startOf(call)),
    endedAt === null ? null : new Date(endedAt),
    first?.businessNumber ?? null,
    JSON.stringify(call.findings)
  ])
}

const contains = ({ from, until }: Interval, at: number): boolean => at >= from.getTime() && at < until.getTime()

function startOf({ findings: [first] }: HeldRow): number {
  return Date.parse(first?.startedAt ?? first?.occurredAt ?? '')
}

/** Null when the duration is unknown. */
function endOf(call: HeldRow): number | null {
  const endedAt = startOf(call) + (call.findings[0]?.durationSeconds ?? Number.NaN) * 1000
  return Number.isFinite(endedAt) ? endedAt : null
}

/** A due call occurred when REST responded, and is received now. */
function dueCallsOf({ call_id: heldId, findings }: HeldRow, match: CallMatch | undefined, now: Date): DueCall[] {
  if (!match || match.kind === 'held') return []
  const link = match.kind === 'linked' ? { callId: match.callId, inferred: true as const } : {}
  return findings.map(fact => ({ heldId, fact: { ...fact, receivedAt: now.toISOString(), ...link } }))
}
