import type pg from 'pg'

export interface RowCounts {
  calls?: number
  /** The number of voicemails, and the same number of messages. */
  others?: number
  events?: number
  contacts?: number
}

/** The id of the organization that owns one business number. */
export const ORGANIZATION = '11111111-1111-4111-8111-111111111111'

/**
 * Inserts many rows by SQL and analyzes the tables: two accounts with ten business numbers each, one of which an
 * organization owns. Filter values that are rare in practice are rare here, so that a query plan without an index for
 * them is detected.
 */
export async function fillDatabase(
  pool: pg.Pool,
  { calls = 100_000, others = 50_000, events = 30_000, contacts = 20_000 }: RowCounts = {}
): Promise<void> {
  await pool.query(`insert into organizations select '${ORGANIZATION}', 'a', 'Ours', now()`)
  await pool.query(
    `insert into number_ownerships
     select 'a', '+15550001' || lpad(n::text, 3, '0'), '2026-01-01', null,
       case n when 3 then '${ORGANIZATION}'::uuid else gen_random_uuid() end
     from generate_series(0, 9) n`
  )
  await pool.query(
    `insert into phone_numbers
     select ${ACCOUNT}, gen_random_uuid(), null, '+15550001' || lpad((n / 10)::text, 3, '0'), 'Line ' || n, n % 2 = 0,
       true, now()
     from generate_series(0, 99) n where n % 10 in (0, 1)`
  )
  await pool.query(CALLS, [calls])
  await pool.query(LEGS, [calls])
  await pool.query(VOICEMAILS, [others])
  await pool.query(MESSAGES, [others])
  await pool.query(EVENTS, [events])
  await pool.query('insert into entities select distinct account, kind, entity, 1, null from events')
  await pool.query(
    `insert into contacts
     select ${ACCOUNT}, 'contact-' || n, case when n % 20 > 0 then 'Name ' || md5(n::text) end, '[]',
       jsonb_build_array(${CLIENT}), '[]', case when n % 50 = 0 then now() end, now()
     from generate_series(1, $1::int) n`,
    [contacts]
  )
  await pool.query('vacuum analyze')
}

const ACCOUNT = "case when n % 10 = 0 then 'b' else 'a' end"
const BUSINESS = "'+15550001' || lpad((n / 10 % 10)::text, 3, '0')"
const CLIENT = "'+1555' || lpad((n::bigint % 30011 * 3331 % 9999991)::text, 7, '0')"
const AT = "'2026-01-01'::timestamptz + n * interval '5 minutes'"

const CALLS = `
  insert into call_history (account, call_id, direction, state, outcome, business_number, client_number, client_name,
    started_at, answered_at, ended_at, wait_seconds, talk_seconds, last_event_at, recording_id, group_id,
    webhook_events, rest_events)
  select ${ACCOUNT}, 'call-' || n, direction, case when n % 5000 = 1 then 'ringing' else 'ended' end,
    case when n % 5000 = 1 then null else outcome end, ${BUSINESS}, ${CLIENT},
    case when n % 3 = 0 then 'Client ' || md5(n::text) end, ${AT}, case when outcome = 'answered' then ${AT} end,
    ${AT} + interval '2 minutes', 5, case when outcome = 'answered' then n % 600 end, ${AT},
    case when n % 200 = 2 then 'recording-' || n end, case when n % 7 = 0 then 'group-' || n % 40 end, 5, 0
  from (
    select n,
      case
        when n % 1000 = 3 then 'internal'
        when n % 500 = 7 then 'callback'
        when n % 4 = 0 then 'outbound'
        else 'inbound'
      end as direction,
      case
        when n % 1000 = 9 then 'dropped'
        when n % 1000 = 13 then 'canceled'
        when n % 1000 = 17 then 'voicemail'
        when n % 500 = 19 then 'abandoned'
        when n % 100 = 21 then 'missed'
        when n % 4 = 0 and n % 12 = 0 then 'unanswered'
        else 'answered'
      end as outcome
    from generate_series(1, $1::int) n
  ) c`

const LEGS = `
  insert into call_legs
  select ${ACCOUNT}, 'call-' || n, case when n % 2000 = 5 then '199' else (100 + n % 40)::text end, 1, 'agent', ${AT},
    ${AT}, case when n % 5000 = 1 then null else ${AT} + interval '2 minutes' end, 'answered'
  from generate_series(1, $1::int) n`

const VOICEMAILS = `
  insert into voicemail_logs (account, voicemail_id, call_id, business_number, client_number, client_name, left_at,
    duration_seconds, read, transcript_state, transcript_text, removed_at)
  select ${ACCOUNT}, 'voicemail-' || n, 'call-' || n, ${BUSINESS}, ${CLIENT}, null, ${AT}, 20, n % 400 > 0, 'ready',
    'please call back about ' || md5(n::text), case when n % 100 = 3 then now() end
  from generate_series(1, $1::int) n`

const MESSAGES = `
  insert into sms_logs (account, message_id, thread_id, direction, business_number, client_number, extension, text,
    attachments, sent_at, state, read, removed_at)
  select ${ACCOUNT}, 'message-' || n, md5(${ACCOUNT} || ${BUSINESS} || ${CLIENT})::uuid,
    case when state = 'received' then 'inbound' else 'outbound' end, ${BUSINESS}, ${CLIENT},
    case when state <> 'received' then (100 + n % 40)::text end, 'order ' || md5(n::text), '[]', ${AT}, state,
    case when state = 'received' then n % 400 > 0 end, case when n % 100 = 3 then now() end
  from (
    select n,
      case
        when n % 1000 = 1 then 'failed'
        when n % 1000 = 3 then 'unconfirmed'
        when n % 2000 = 5 then 'pending'
        when n % 3 = 0 then 'sent'
        else 'received'
      end as state
    from generate_series(1, $1::int) n
  ) m`

const EVENTS = `
  insert into events
  select ${ACCOUNT}, case when n % 2000 = 0 then 'contact' when n % 20 = 0 then 'message' else 'call' end,
    'call-' || n / 5, gen_random_uuid(), 'call.started', 'webhook', ${AT}, ${AT}, '{}', '{}', true
  from generate_series(1, $1::int) n`
