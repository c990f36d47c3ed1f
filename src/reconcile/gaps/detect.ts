import type pg from 'pg'
import type { Logger } from 'pino'
import type { Account } from '../../accounts/accounts.js'
import { DAY_MS } from '../../lib/instant.js'
import { createGapAlarms } from './alarms.js'
import { type CallEvidence, loadCallEvidence } from './evidence.js'
import {
  type Gap,
  GRACE_MS,
  gapOf,
  healingOf,
  type MessageEvidence,
  messageGapsOf,
  STALE_MS,
  VOICEMAIL_GRACE_MS,
  voicemailGapOf
} from './gap-rules.js'
import { type GapChanges, type GapOfEntity, storeGaps } from './store-gaps.js'

export interface DetectOptions {
  account: string
  now: Date
  /** When the last look began: it covers what was received and what became due since then. */
  since: Date
}

/** The longest time between the receipt of a fact and the time by which others were due. */
const LOOKBACK_MS = VOICEMAIL_GRACE_MS + GRACE_MS
const CALLS_AT_ONCE = 500

/** Calls of which something was received, that never ended, or whose gap is open. */
const CALLS = `select entity from (
    select entity from events where account = $1 and received_at >= $2 and kind = 'call'
    union select call_id from call_history where account = $1 and state <> 'ended' and last_event_at <= $3
    union select entity from gaps where account = $1 and healed_at is null and kind in ('call', 'voicemail')
    union select v.call_id from voicemail_logs v
      join events e on e.account = v.account and e.kind = 'voicemail' and e.entity = v.voicemail_id
      where e.account = $1 and e.received_at >= $2 and v.call_id is not null
  ) calls order by entity`

const MESSAGES = `select e.entity, max(m.business_number) as business_number,
    min(coalesce(m.sent_at, e.occurred_at)) as at,
    min(e.received_at) filter (where e.source = 'webhook') as webhook_at,
    min(e.received_at) filter (where e.source = 'rest') as rest_at
  from (select distinct entity from events where account = $1 and received_at >= $2 and kind = 'message') recent
  join events e on e.account = $1 and e.kind = 'message' and e.entity = recent.entity
  left join sms_logs m on m.account = e.account and m.message_id = e.entity
  where e.type = 'message.reported' group by e.entity`

/** Calls that were held for longer than webhooks may take, and that have no event yet. */
const HELD = `select h.call_id as entity, h.business_number, h.started_at, h.held_at from held_calls h
  where h.account = $1 and h.held_at <= $2 and not exists (
    select from events e where e.account = h.account and e.kind = 'call' and e.entity = h.call_id
  )`

/**
 * Stores a gap for everything that REST reported and webhooks missed, and marks the gaps that have healed. Any process
 * may call it at any time, and repeatedly: the same events give the same rows.
 */
export async function detectGaps(pool: pg.Pool, { account, now, since }: DetectOptions): Promise<GapChanges> {
  const from = new Date(since.getTime() - LOOKBACK_MS)
  const changes = [
    await storeGaps(pool, await messageGaps(pool, { account, now, from })),
    await storeGaps(pool, await heldGaps(pool, account, now))
  ]
  const { rows: open } = await pool.query<{ kind: string; entity: string }>(
    'select kind, entity from gaps where account = $1 and healed_at is null',
    [account]
  )
  const isOpen = new Set(open.map(({ kind, entity }) => `${kind} ${entity}`))
  const { rows } = await pool.query<{ entity: string }>(CALLS, [account, from, new Date(now.getTime() - STALE_MS)])
  for (let i = 0; i < rows.length; i += CALLS_AT_ONCE) {
    const calls = await loadCallEvidence(
      pool,
      account,
      rows.slice(i, i + CALLS_AT_ONCE).map(row => row.entity)
    )
    changes.push(
      await storeGaps(
        pool,
        calls.flatMap(call =>
          gapsOfCall(call, { account, now: now.getTime(), isOpen: isOpen.has(`call ${call.entity}`) })
        )
      )
    )
  }
  return changes.reduce((sum, change) => ({
    detected: sum.detected + change.detected,
    healed: sum.healed + change.healed
  }))
}

function gapsOfCall(
  call: CallEvidence,
  { account, now, isOpen }: { account: string; now: number; isOpen: boolean }
): GapOfEntity[] {
  const gap = gapOf(call, now) ?? (isOpen ? sinceHealed(call, now) : null)
  const voicemail = voicemailGapOf(call, now)
  const location = { account, entity: call.entity, businessNumber: call.businessNumber, at: call.startedAt }
  return [
    ...(gap ? [{ ...gap, ...location, kind: 'call' as const }] : []),
    ...(voicemail ? [{ ...voicemail, ...location, kind: 'voicemail' as const }] : [])
  ]
}

/** A later report may move the time by which the call was due; the row that is open must be healed all the same. */
function sinceHealed(call: CallEvidence, now: number): Gap | null {
  const healing = healingOf(call)
  return healing && { missing: 'completion', detectedAt: now, healing }
}

async function messageGaps(
  pool: pg.Pool,
  { account, now, from }: { account: string; now: Date; from: Date }
): Promise<GapOfEntity[]> {
  const { rows } = await pool.query<{
    entity: string
    business_number: string | null
    at: Date
    webhook_at: Date | null
    rest_at: Date | null
  }>(MESSAGES, [account, from])
  const messages: (MessageEvidence & Pick<GapOfEntity, 'businessNumber' | 'at'>)[] = rows.map(row => ({
    entity: row.entity,
    businessNumber: row.business_number,
    at: row.at.getTime(),
    webhookAt: row.webhook_at?.getTime() ?? null,
    restAt: row.rest_at?.getTime() ?? null
  }))
  return messageGapsOf(messages, now.getTime()).map(({ message: { entity, businessNumber, at }, gap }) => ({
    ...gap,
    account,
    kind: 'message',
    entity,
    businessNumber,
    at
  }))
}

async function heldGaps(pool: pg.Pool, account: string, now: Date): Promise<GapOfEntity[]> {
  const { rows } = await pool.query<{
    entity: string
    business_number: string | null
    started_at: Date
    held_at: Date
  }>(HELD, [account, new Date(now.getTime() - GRACE_MS)])
  return rows.map(row => ({
    account,
    kind: 'call',
    entity: row.entity,
    businessNumber: row.business_number,
    at: row.started_at.getTime(),
    missing: 'call',
    detectedAt: row.held_at.getTime(),
    healing: null
  }))
}

export interface GapDetectorOptions {
  pool: pg.Pool
  logger: Logger
  accounts: { all: () => readonly Pick<Account, 'id'>[] }
  now: () => Date
}

/** How far the first look after a start goes back, for what was received while no process looked. */
const FIRST_LOOK_BACK_MS = 8 * DAY_MS

/**
 * Returns a look that updates the gaps of every account and raises their alarms. It is to be called after each reading
 * and every few minutes, and sends no requests. When it rejects, the next look makes up for it.
 */
export function createGapDetector({ pool, logger, accounts, now }: GapDetectorOptions): () => Promise<void> {
  const lookedAt = new Map<string, Date>()
  const raise = createGapAlarms({ pool, logger })
  return async () => {
    for (const { id } of accounts.all()) {
      const at = now()
      const { detected, healed } = await detectGaps(pool, {
        account: id,
        now: at,
        since: lookedAt.get(id) ?? new Date(at.getTime() - FIRST_LOOK_BACK_MS)
      })
      lookedAt.set(id, at)
      if (detected + healed > 0) logger.info({ account: id, detected, healed }, 'gaps of webhooks detected or healed')
      await raise(id, at)
    }
  }
}
