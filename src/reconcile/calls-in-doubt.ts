import type pg from 'pg'
import { DAY_MS } from '../lib/instant.js'
import { restFailureOf } from '../mightycall/rest/failures.js'
import { call } from '../mightycall/rest/routes/calls.js'
import type { ReadRouteOptions } from './read-route.js'
import type { AccountContext } from './route-reader.js'
import { type CallRow, callFact } from './routes/calls.js'
import { sendRequest } from './routes/request.js'
import { AWAITED, MINUTE_MS } from './schedule.js'

/**
 * Calls of webhooks that REST has not reported, and that the usual readings of the list no longer cover, are requested
 * by their ids: one request finds a call of three hours as soon as it is listed, where the list would have to be read
 * three hours back each time.
 */
export interface DoubtfulCalls {
  /**
   * Requests the calls that are due, or all that are in doubt, and appends what MightyCall reports.
   *
   * @returns  how many calls MightyCall reported
   * @throws the errors that failures.ts classifies, except that a call is not found: it is not listed yet
   */
  read: (context: AccountContext, options?: { isForced?: boolean }) => Promise<number>
}

export interface CallInDoubt {
  id: string
  hasEnded: boolean
  lastEventAt: Date
  /**
   * When an agent of the open call ended another call that was answered after this one's last event: this one must
   * have ended. Null when there is no such evidence.
   */
  contradictedAt: Date | null
}

/**
 * When a call is requested first, and by how much its age grows until the next request. An open call is silent while
 * people talk; one that has ended is listed within minutes.
 */
const PACE = { open: { firstMs: 15 * MINUTE_MS, growth: 2 }, ended: { firstMs: 3 * MINUTE_MS, growth: 1.5 } } as const
const MAX_AT_ONCE = { usual: 5, forced: 20 } as const
const MAX_IN_DAY = 100

/**
 * Calls without a report of their end. Those that began within the last hour are left to the list, which is read while
 * they are awaited, unless they are silent or newer evidence contradicts them.
 */
const IN_DOUBT = `with answered as materialized (
    select o.call_id, o.started_at, leg.extension, leg.connected_at, leg.ended_at
    from call_history o join call_legs leg on leg.account = o.account and leg.call_id = o.call_id
    where o.account = $1 and o.started_at between $3 and $2
      and leg.extension <> '' and leg.connected_at is not null and leg.ended_at is not null
  )
  select c.call_id as id, c.state = 'ended' as "hasEnded", c.last_event_at as "lastEventAt",
    contradiction.at as "contradictedAt"
  from call_history c left join lateral (
    select max(newer.ended_at) as at
    from call_legs open join answered newer on newer.extension = open.extension and newer.call_id <> c.call_id
      and newer.started_at >= c.started_at and newer.connected_at > c.last_event_at
    where c.state <> 'ended' and open.account = c.account and open.call_id = c.call_id and open.ended_at is null
  ) contradiction on true
  where c.account = $1 and c.webhook_events > 0 and c.call_id ~ '^[A-Za-z0-9-]{1,64}$'
    and c.started_at >= $3 and c.last_event_at <= $2
    and (c.started_at <= $2 - interval '${AWAITED.nearWindow}' or contradiction.at is not null
      or c.state <> 'ended' and c.last_event_at <= $2 - interval '${AWAITED.silence}')
    and not exists (
      select from events e where e.account = c.account and e.kind = 'call' and e.entity = c.call_id
        and e.type = 'call.reported' and e.fields ->> 'route' = 'calls' and e.fields ->> 'status' is not null
    )
  order by c.started_at desc limit 200`

export function createDoubtfulCalls({
  pool,
  append,
  longestCallMs
}: Pick<ReadRouteOptions, 'pool' | 'append'> & { longestCallMs: number }): DoubtfulCalls {
  const requestedAt = new Map<string, Date>() // by account and call
  const requests = new Map<string, Date[]>() // by account: those of the last day

  async function read({ isForced = false }, context: AccountContext): Promise<number> {
    const { account, now } = context
    const inDay = (requests.get(account.id) ?? []).filter(at => now().getTime() - at.getTime() < DAY_MS)
    requests.set(account.id, inDay)
    const calls = await loadCallsInDoubt(pool, account.id, { now: now(), longestCallMs })
    const keyOf = ({ id }: CallInDoubt) => `${account.id}\n${id}`
    forgetOthers(requestedAt, account.id, new Set(calls.map(keyOf)))
    const due = calls.filter(one => isForced || isDue(one, requestedAt.get(keyOf(one)) ?? null, now()))
    let reported = 0
    const most = Math.min(MAX_AT_ONCE[isForced ? 'forced' : 'usual'], MAX_IN_DAY - inDay.length)
    for (const one of due.slice(0, Math.max(0, most))) {
      requestedAt.set(keyOf(one), now())
      inDay.push(now())
      if (await readCall(append, context, one.id)) reported++
    }
    return reported
  }

  return { read: (context, options = {}) => read(options, context) }
}

export async function loadCallsInDoubt(
  pool: pg.Pool,
  account: string,
  { now, longestCallMs }: { now: Date; longestCallMs: number }
): Promise<CallInDoubt[]> {
  // a call that is not listed after twice the longest time is not known to MightyCall
  const since = new Date(now.getTime() - 2 * longestCallMs)
  return (await pool.query<CallInDoubt>(IN_DOUBT, [account, now, since])).rows
}

/** At first after some minutes, then at growing ages, and at once after new evidence. */
export function isDue(
  { hasEnded, lastEventAt, contradictedAt }: CallInDoubt,
  requestedAt: Date | null,
  now: Date
): boolean {
  const silentMs = now.getTime() - lastEventAt.getTime()
  const { firstMs, growth } = PACE[hasEnded ? 'ended' : 'open']
  if (requestedAt === null || requestedAt <= lastEventAt) return contradictedAt !== null || silentMs >= firstMs
  if (contradictedAt !== null && contradictedAt > requestedAt) return true
  return silentMs >= growth * (requestedAt.getTime() - lastEventAt.getTime())
}

/** Returns whether MightyCall reports the end of the call. */
async function readCall(append: ReadRouteOptions['append'], context: AccountContext, id: string): Promise<boolean> {
  try {
    const { body, raw, at } = await sendRequest(context, call, { path: { id } })
    const fact = hasEnd(body) ? callFact(body, { account: context.account, at, raw }) : null
    // what MightyCall returns under another id is not the requested call
    if (fact === null || fact.callId.toLowerCase() !== id.toLowerCase()) return false
    await append([{ ...fact, callId: id }])
    return true
  } catch (err) {
    if (restFailureOf(err)?.kind === 'not-found') return false
    throw err
  }
}

/** Whether MightyCall returns calls in progress is not documented; the response to a new call has neither. */
function hasEnd({ callStatus, duration }: CallRow): boolean {
  return callStatus != null && duration != null
}

function forgetOthers(requestedAt: Map<string, Date>, account: string, keys: ReadonlySet<string>): void {
  for (const key of requestedAt.keys()) if (key.startsWith(`${account}\n`) && !keys.has(key)) requestedAt.delete(key)
}
