import type pg from 'pg'
import type { CallEvent, CallReported } from '../../events/call.js'
import type { Evidence } from './gap-rules.js'
import type { RestReport, WebhookFact } from './missing-facts.js'

/** The evidence for a call, and the number and hour that it is counted for. */
export interface CallEvidence extends Evidence {
  entity: string
  businessNumber: string | null
  startedAt: number
}

interface EventRow {
  entity: string
  type: CallEvent['type'] | CallReported['type']
  occurred_at: Date
  received_at: Date
  fields: Partial<
    Pick<CallEvent, 'family' | 'extension' | 'scope'> &
      Pick<
        CallReported,
        'route' | 'direction' | 'status' | 'startedAt' | 'durationSeconds' | 'businessNumber' | 'parties'
      >
  >
}

interface EvidenceRow {
  entity: string
  business_number: string | null
  started_at: Date | null
  voicemail_at: Date | null
  failed: string | null
}

const EVENTS = `select entity, type, occurred_at, received_at, fields from events
  where account = $1 and kind = 'call' and entity = any($2) order by entity, received_at, occurred_at, id`

/**
 * The row of the call, if it has one, and its voicemail: by its id, or by number and time, since /voicemails does not
 * name the call.
 */
const CALLS = `select e.entity, c.business_number, c.started_at, e.failed, (
    select min(v.received_at) from (
      select voicemail_id from voicemail_logs where account = e.account and call_id = e.entity
      union all
      select voicemail_id from voicemail_logs
      where account = e.account and call_id is null and business_number = c.business_number
        and client_number is not distinct from c.client_number
        and left_at between c.started_at and c.ended_at + interval '1 minute'
    ) l join events v on v.account = e.account and v.kind = 'voicemail' and v.entity = l.voicemail_id
  ) as voicemail_at
  from entities e left join call_history c on c.account = e.account and c.call_id = e.entity
  where e.account = $1 and e.kind = 'call' and e.entity = any($2)`

/** Loads the evidence for these calls. A call without events has none. */
export async function loadCallEvidence(
  db: Pick<pg.Pool, 'query'>,
  account: string,
  ids: readonly string[]
): Promise<CallEvidence[]> {
  const { rows: events } = await db.query<EventRow>(EVENTS, [account, ids])
  const { rows: calls } = await db.query<EvidenceRow>(CALLS, [account, ids])
  const byCall = new Map<string, EventRow[]>(calls.map(({ entity }) => [entity, []]))
  for (const event of events) byCall.get(event.entity)?.push(event)
  return calls.flatMap(call => {
    const own = byCall.get(call.entity)
    return own?.length ? [callEvidence(call, own)] : []
  })
}

function callEvidence(call: EvidenceRow, events: readonly EventRow[]): CallEvidence {
  const reports = events.filter(event => event.type === 'call.reported')
  const webhooks = events.flatMap(webhookFactsOf)
  const report = restReportOf(reports)
  return {
    entity: call.entity,
    businessNumber:
      call.business_number ?? reports.find(report => report.fields.businessNumber)?.fields.businessNumber ?? null,
    startedAt:
      call.started_at?.getTime() ?? report?.startedAt ?? Math.min(...events.map(event => event.occurred_at.getTime())),
    webhooks,
    report,
    voicemailAt: call.voicemail_at?.getTime() ?? null,
    isUnfolded: call.failed !== null
  }
}

function webhookFactsOf({ type, occurred_at: occurredAt, received_at: receivedAt, fields }: EventRow): WebhookFact[] {
  if (type === 'call.reported' || fields.family === undefined) return []
  return [
    {
      type,
      family: fields.family,
      extension: fields.extension ?? null,
      isLegOnly: fields.scope === 'leg',
      occurredAt: occurredAt.getTime(),
      receivedAt: receivedAt.getTime()
    }
  ]
}

/** The reports that know the end, in the order of their receipt; without an end a call has nothing to check. */
function restReportOf(reports: readonly EventRow[]): RestReport | null {
  const ended = reports.filter(
    ({ fields }) => fields.status && typeof fields.durationSeconds === 'number' && fields.startedAt
  )
  const newest = ended.at(-1)
  if (!newest) return null
  const calls = ended.findLast(report => report.fields.route === 'calls') ?? newest
  const startedAt = Date.parse(calls.fields.startedAt ?? '')
  return {
    direction: calls.fields.direction ?? null,
    startedAt,
    endedAt: startedAt + Math.round((calls.fields.durationSeconds ?? 0) * 1000),
    parties: [calls, newest].find(report => report.fields.parties?.length)?.fields.parties ?? [],
    isVoicemail: ended.some(report => report.fields.status === 'voicemail'),
    reportedAt: Math.min(...ended.map(report => report.occurred_at.getTime())),
    receivedAt: Math.min(...ended.map(report => report.received_at.getTime()))
  }
}
