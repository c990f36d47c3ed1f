import type pg from 'pg'
import type { Logger } from 'pino'
import { DAY_MS } from '../../lib/instant.js'
import { raiseAlarm } from '../../observability/alarms.js'
import { GRACE_MS } from './gap-rules.js'

/** Calls that webhooks kept silent about before it is an alarm: one or two may be lost. */
export const SILENT_CALLS = 3

const LAST_WEBHOOK =
  "select max(received_at) as at from events where account = $1 and source = 'webhook' and received_at > $2 and received_at <= $3"

/** Told by REST, be they in rows or held back, and over for long enough. */
const CALLS_SINCE = `select count(*)::int as calls from (
    select call_id from call_history where account = $1 and rest_events > 0 and started_at > $2 and ended_at <= $3
    union select call_id from held_calls where account = $1 and started_at > $2 and ended_at <= $3
  ) calls`

/**
 * How many calls of the last day have begun, and ended more than 15 minutes ago, since any webhook of the account came.
 * From 3 on webhooks are silent: their address is wrong, or they do not reach us.
 */
export async function countSilentCalls(pool: pg.Pool, account: string, now: Date): Promise<number> {
  const dayAgo = new Date(now.getTime() - DAY_MS)
  const {
    rows: [heard]
  } = await pool.query<{ at: Date | null }>(LAST_WEBHOOK, [account, dayAgo, now])
  const {
    rows: [row]
  } = await pool.query<{ calls: number }>(CALLS_SINCE, [
    account,
    heard?.at ?? dayAgo,
    new Date(now.getTime() - GRACE_MS)
  ])
  return row?.calls ?? 0
}

/**
 * The last calls that REST told under its own ids, held or not, and whether a webhook knows them by these; a link is no
 * match.
 */
const LAST_REPORTED = `select started_at as "startedAt", is_matched as "isMatched" from (
    select started_at, webhook_events > 0 and not linked as is_matched from (
      select c.started_at, c.webhook_events, exists (select from events e where e.account = c.account and e.kind = 'call' and e.entity = c.call_id and e.type = 'call.reported' and e.fields ? 'inferred') as linked
      from call_history c where c.account = $1 and c.rest_events > 0 and c.ended_at <= $2 order by c.started_at desc limit $3
    ) reported
    union all select * from (select started_at, false from held_calls where account = $1 and ended_at <= $2 order by started_at desc limit $3) held
  ) judged order by started_at desc limit $3`

/** Calls that webhooks told in that time and REST does not know by these ids. */
const UNREPORTED = `select count(*)::int as calls from call_history c where account = $1 and webhook_events > 0 and state = 'ended' and started_at between $2 and $3
  and not exists (select from events e where e.account = c.account and e.kind = 'call' and e.entity = c.call_id and e.type = 'call.reported' and not e.fields ? 'inferred')`

/**
 * Whether the ids of REST and of webhooks are different ones: calls that only REST knows must then not be created,
 * since webhooks have told them.
 */
export async function hasIdMismatch(pool: Pick<pg.Pool, 'query'>, account: string, now: Date): Promise<boolean> {
  const { rows } = await pool.query<ComparedCall>(LAST_REPORTED, [
    account,
    new Date(now.getTime() - GRACE_MS),
    MISMATCH_CALLS
  ])
  const [newest, oldest] = [rows[0], rows.at(-1)]
  if (!newest || !oldest || rows.length < MISMATCH_CALLS || rows.some(row => row.isMatched)) return false
  const {
    rows: [unreported]
  } = await pool.query<{ calls: number }>(UNREPORTED, [account, oldest.startedAt, newest.startedAt])
  return provesIdMismatch(rows, unreported?.calls ?? 0)
}

/**
 * Says each once when it begins, and that it is over; ask it as often as you like. Of several processes the one that
 * polls should.
 */
export function createGapAlarms({
  pool,
  logger
}: {
  pool: pg.Pool
  logger: Logger
}): (account: string, now: Date) => Promise<void> {
  const raised = new Set<string>()
  function note(name: string, account: string, isOn: boolean, tell: { alarm: () => void; over: string }): void {
    const key = `${name} ${account}`
    if (isOn && !raised.has(key)) tell.alarm()
    if (!isOn && raised.has(key)) logger.info({ account }, tell.over)
    if (isOn) raised.add(key)
    else raised.delete(key)
  }
  return async (account, now) => {
    const calls = await countSilentCalls(pool, account, now)
    note('webhook-silence', account, calls >= SILENT_CALLS, {
      alarm: () =>
        raiseAlarm(
          logger,
          { alarm: 'webhook-silence', account, calls },
          'MightyCall has calls of which no webhook came: see to the webhook address in MightyCall, and that it can reach us'
        ),
      over: 'webhooks come again'
    })
    note('id-mismatch', account, await hasIdMismatch(pool, account, now), {
      alarm: () =>
        raiseAlarm(
          logger,
          { alarm: 'id-mismatch', account, calls: MISMATCH_CALLS },
          'REST and webhooks give calls different ids: calls that only REST knows are not created'
        ),
      over: 'REST and webhooks give calls the same ids again'
    })
  }
}

/** So many calls without a match are no chance. */
export const MISMATCH_CALLS = 20

/** A call that REST told. */
export interface ComparedCall {
  startedAt: Date
  /** A webhook knows it by the same id. */
  isMatched: boolean
}

/**
 * That REST and webhooks use the same ids is inferred, not documented. They do not when none of the last calls of REST
 * has a match, and
 * webhooks told of about as many in that time. When webhooks told of none they are silent, which says nothing of ids:
 * those calls must be created.
 * @param reported    the last ones, in any order
 * @param unreported  calls that webhooks told in that time, and REST did not by the same id
 */
export function provesIdMismatch(reported: readonly ComparedCall[], unreported: number): boolean {
  return reported.length >= MISMATCH_CALLS && !reported.some(call => call.isMatched) && unreported >= MISMATCH_CALLS / 2
}
