import type pg from 'pg'

/** How reliably webhooks arrived in a span of time. Rates are 0 to 1, and null without anything to measure. */
export interface WebhookStatistics {
  account: string
  /** Notifications of calls, without copies. */
  notifications: number
  /** Second copies of notifications, as they were projected. */
  copies: number
  duplicateRate: number | null
  /** Calls of the span that REST reported, and how many of them lost a webhook. */
  reportedCalls: number
  lossyCalls: number
  /** The share of calls whose notification of the end did not arrive in time. */
  lossRate: number | null
  /** Notifications that arrived after a later one of the same call. */
  reordered: number
  reorderRate: number | null
  /** From MightyCall's time of a notification to its receipt, including the difference of the clocks. */
  delayP50Seconds: number | null
  delayP95Seconds: number | null
}

interface StatisticsQuery {
  accounts: readonly string[]
  since: Date
  until: Date
}

/** A notification without a time of its own cannot be late. */
const DELIVERY = `select account, count(*)::int as notifications,
    count(*) filter (where is_reordered)::int as reordered,
    percentile_cont(0.5) within group (order by delay) as p50,
    percentile_cont(0.95) within group (order by delay) as p95
  from (
    select account,
      case when not fields ? 'clock' then extract(epoch from received_at - occurred_at)::float8 end as delay,
      occurred_at < max(occurred_at) over (
        partition by account, entity order by received_at, occurred_at
        rows between unbounded preceding and 1 preceding
      ) as is_reordered
    from events
    where account = any($1) and received_at >= $2 and received_at < $3 and kind = 'call' and source = 'webhook'
  ) received group by account`

const COPIES = `select account, count(*)::int as copies from event_copies
  where account = any($1) and received_at >= $2 and received_at < $3 group by account`

const LOSS = `select c.account, count(*)::int as calls, count(g.entity)::int as lossy,
    count(*) filter (where g.missing in ('call', 'completion'))::int as endless
  from call_history c left join gaps g on g.account = c.account and g.kind = 'call' and g.entity = c.call_id
  where c.account = any($1) and c.started_at >= $2 and c.started_at < $3 and c.rest_events > 0 and c.state = 'ended'
  group by c.account`

/** Sorted by account. Loss is measured on calls that began in the span, the rest on what was received in it. */
export async function loadStatistics(
  db: Pick<pg.Pool, 'query'>,
  { accounts, since, until }: StatisticsQuery
): Promise<WebhookStatistics[]> {
  const values = [accounts, since, until]
  const delivery = await db.query<{
    account: string
    notifications: number
    reordered: number
    p50: number | null
    p95: number | null
  }>(DELIVERY, values)
  const copied = await db.query<{ account: string; copies: number }>(COPIES, values)
  const loss = await db.query<{ account: string; calls: number; lossy: number; endless: number }>(LOSS, values)
  return [...accounts].sort().map(account => {
    const {
      notifications = 0,
      reordered = 0,
      p50 = null,
      p95 = null
    } = delivery.rows.find(row => row.account === account) ?? {}
    const { copies = 0 } = copied.rows.find(row => row.account === account) ?? {}
    const { calls = 0, lossy = 0, endless = 0 } = loss.rows.find(row => row.account === account) ?? {}
    return {
      account,
      notifications,
      copies,
      reordered,
      duplicateRate: rateOf(copies, notifications + copies),
      reportedCalls: calls,
      lossyCalls: lossy,
      lossRate: rateOf(endless, calls),
      reorderRate: rateOf(reordered, notifications),
      delayP50Seconds: p50,
      delayP95Seconds: p95
    }
  })
}

function rateOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}
