import type pg from 'pg'
import type { Logger } from 'pino'
import { DAY_MS } from '../../lib/instant.js'
import { type AlarmName, raiseAlarm, resolveAlarm } from '../../observability/alarms.js'
import { GRACE_MS } from './gap-rules.js'
import type { IdComparison } from './match-call.js'

/** So many calls without any webhook raise the alarm; one or two webhooks may be lost. */
const SILENT_CALLS = 3

/** Notifications that are not understood do not count: they may come from another MightyCall account. */
const LAST_WEBHOOK = `select max(received_at) as at from events
  where account = $1 and source = 'webhook' and kind <> 'unclassified' and received_at > $2 and received_at <= $3`

/** Calls that REST reported, projected or held, and that ended long enough ago. */
const CALLS_SINCE = `select count(*)::int as calls from (
    select call_id from call_history where account = $1 and rest_events > 0 and started_at > $2 and ended_at <= $3
    union select call_id from held_calls where account = $1 and started_at > $2 and ended_at <= $3
  ) calls`

/**
 * Counts the calls that began within the last day and since the account's last webhook that was understood, and ended
 * more than 15 minutes ago. From 3 on webhooks are silent: their address in MightyCall is wrong, or they do not reach
 * this service.
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
 * The last calls that REST reported under its own ids, held or not, and whether a webhook knows them by these ids.
 * A call that was linked by its numbers does not count as matched.
 */
const LAST_REPORTED = `select started_at as "startedAt", is_matched as "isMatched" from (
    select started_at, webhook_events > 0 and not linked as is_matched from (
      select c.started_at, c.webhook_events, exists (
          select from events e where e.account = c.account and e.kind = 'call' and e.entity = c.call_id
            and e.type = 'call.reported' and e.fields ? 'inferred'
        ) as linked
      from call_history c where c.account = $1 and c.rest_events > 0 and c.ended_at <= $2
      order by c.started_at desc limit $3
    ) reported
    union all
    select * from (
      select started_at, false from held_calls h where account = $1 and ended_at <= $2
        and not exists (select from events e where e.account = h.account and e.kind = 'call' and e.entity = h.call_id)
      order by started_at desc limit $3
    ) held
  ) compared order by started_at desc limit $3`

/** Calls of that time which webhooks announced and REST did not report by the same id. */
const UNREPORTED = `select count(*)::int as calls from call_history c
  where account = $1 and webhook_events > 0 and state = 'ended' and started_at between $2 and $3
    and not exists (
      select from events e where e.account = c.account and e.kind = 'call' and e.entity = c.call_id
        and e.type = 'call.reported' and not e.fields ? 'inferred'
    )`

/**
 * Compares the ids that REST and webhooks give calls. While they differ, calls that only REST knows must not be
 * created, since webhooks have announced them already.
 */
export async function compareIds(pool: Pick<pg.Pool, 'query'>, account: string, now: Date): Promise<IdComparison> {
  const { rows } = await pool.query<ComparedCall>(LAST_REPORTED, [
    account,
    new Date(now.getTime() - GRACE_MS),
    MISMATCH_CALLS
  ])
  const [newest, oldest] = [rows[0], rows.at(-1)]
  if (rows.some(row => row.isMatched)) return 'same'
  if (!newest || !oldest || rows.length < MISMATCH_CALLS) return 'unknown'
  const {
    rows: [unreported]
  } = await pool.query<{ calls: number }>(UNREPORTED, [account, oldest.startedAt, newest.startedAt])
  return provesIdMismatch(rows, unreported?.calls ?? 0) ? 'different' : 'unknown'
}

/**
 * Returns a check that logs each alarm once when it begins, and a line when it is over. It may be called at any
 * interval; of several processes only the one that reads MightyCall should call it.
 */
export function createGapAlarms({
  pool,
  logger
}: {
  pool: pg.Pool
  logger: Logger
}): (account: string, now: Date) => Promise<void> {
  const raised = new Set<string>()
  function update(
    { alarm, account }: { alarm: AlarmName; account: string },
    isOn: boolean,
    log: { alarm: () => void; over: string }
  ): void {
    const key = `${alarm} ${account}`
    if (isOn && !raised.has(key)) log.alarm()
    if (!isOn && raised.has(key)) logger.info({ account }, log.over)
    if (!isOn) resolveAlarm(logger, { alarm, account })
    if (isOn) raised.add(key)
    else raised.delete(key)
  }
  return async (account, now) => {
    const calls = await countSilentCalls(pool, account, now)
    update({ alarm: 'webhook-silence', account }, calls >= SILENT_CALLS, {
      alarm: () =>
        raiseAlarm(
          logger,
          { alarm: 'webhook-silence', account, calls },
          'MightyCall lists calls of which no webhook came: check the webhook address, and that it is reachable'
        ),
      over: 'webhooks arrive again'
    })
    const areIdsDifferent = (await compareIds(pool, account, now)) === 'different'
    update({ alarm: 'id-mismatch', account }, areIdsDifferent, {
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

/** So many calls without a match are no coincidence. */
const MISMATCH_CALLS = 20

/** A call that REST reported. */
export interface ComparedCall {
  startedAt: Date
  /** True when a webhook knows it by the same id. */
  isMatched: boolean
}

/**
 * That REST and webhooks use the same ids is inferred, not documented. They do not when none of the last calls of REST
 * has a match, while webhooks announced about as many other calls in that time. When webhooks announced none they are
 * silent, which says nothing about ids; these calls must be created.
 *
 * @param reported    the last calls, in any order
 * @param unreported  how many calls of that time webhooks announced that REST did not report by the same id
 */
export function provesIdMismatch(reported: readonly ComparedCall[], unreported: number): boolean {
  return reported.length >= MISMATCH_CALLS && !reported.some(call => call.isMatched) && unreported >= MISMATCH_CALLS / 2
}
