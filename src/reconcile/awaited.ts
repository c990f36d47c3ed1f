import type pg from 'pg'
import type { Reader } from './route-reader.js'

export interface AwaitedOptions {
  account: string
  now: Date
}

/** After its last sign of life a call may be in the list. */
const SOON = '3 minutes'
/** What is not told so long after it happened comes with the next usual reading, or never. */
const PATIENCE = '1 hour'
const LONGEST_CALL = '12 hours'

const AWAITED = `select
  exists (select from held_calls where account = $1 and started_at > $2::timestamptz - interval '${LONGEST_CALL}')
  or exists (select from call_history c where account = $1 and started_at between $2::timestamptz - interval '${LONGEST_CALL}' and $2
    and last_event_at > $2::timestamptz - interval '${PATIENCE}' and (state = 'ended' or last_event_at < $2::timestamptz - interval '${SOON}')
    and not exists (select from events e where e.account = c.account and e.kind = 'call' and e.entity = c.call_id and e.type = 'call.reported' and e.fields ->> 'route' = 'calls')) as calls,
  exists (select from call_history c where account = $1 and outcome = 'voicemail' and started_at between $2::timestamptz - interval '${LONGEST_CALL}' and $2 and ended_at > $2::timestamptz - interval '${PATIENCE}'
    and not exists (select from voicemail_logs v where v.account = c.account and v.call_id = c.call_id and v.transcript_state is not null)) as voicemails`

/**
 * The routes that have something to tell of what is known already: of a call that ended its report, of one with a voicemail that, and its transcript.
 * To ask them only then leaves the requests to those that nothing announces, such as messages.
 */
export async function awaitedRoutes (pool: pg.Pool, { account, now }: AwaitedOptions): Promise<ReadonlySet<Reader['route']>> {
  const { rows: [row] } = await pool.query<{ calls: boolean, voicemails: boolean }>(AWAITED, [account, now])
  return new Set<Reader['route']>([...row?.calls ? ['calls' as const] : [], ...row?.voicemails ? ['voicemails' as const] : []])
}
