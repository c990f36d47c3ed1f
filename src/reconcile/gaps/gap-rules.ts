import { STALE_SECONDS } from '../../db/stale-calls.js'
import {
  callerExtension,
  endsCall,
  findMissing,
  type MissingInCall,
  type RestReport,
  type WebhookFact
} from './missing-facts.js'

const MINUTE_MS = 60_000

/** How long after the end of a call its webhooks may arrive; REST may be faster. */
export const GRACE_MS = 15 * MINUTE_MS
/** How long REST may take to list the voicemail of a call that ended with one. */
export const VOICEMAIL_GRACE_MS = 60 * MINUTE_MS
/** An open call without an event for so long is stale. */
export const STALE_MS = STALE_SECONDS * 1000

/** Everything that is known about a call; times are in milliseconds since 1970. */
export interface Evidence {
  /** In the order of their receipt. */
  webhooks: readonly WebhookFact[]
  report: RestReport | null
  /** When the voicemail that was left in the call was first received. */
  voicemailAt: number | null
  /** True when its events could not be folded, so that its row is older than they are. */
  isUnfolded: boolean
}

type HealedBy = 'webhook' | 'rest'

export interface Healing {
  healedAt: number
  healedBy: HealedBy
}

export interface Gap<Missing extends string = MissingInCall | 'voicemail' | 'message'> {
  missing: Missing
  detectedAt: number
  /** Null while the gap is open. */
  healing: Healing | null
}

/**
 * What webhooks had not announced of a call by the time they were due, and how the gap healed. The result depends on
 * what was received and when, never on the time of the look: every look finds the same.
 *
 * @param now  there is no gap before the call is due
 */
export function gapOf(evidence: Evidence, now: number): Gap<MissingInCall> | null {
  const { webhooks, report } = evidence
  const { dueAt, detectedAt } = report ? dueOf(report) : dueOfOpen(webhooks)
  if (now < dueAt) return null
  const missing = findMissing(
    webhooks.filter(fact => fact.receivedAt <= dueAt),
    report
  )
  // without a report of REST, only a missing end can be known
  if (missing === null || (report === null && missing === 'facts')) return null
  return { missing, detectedAt, healing: healingOf(evidence) }
}

/** What completed the call first; null while nothing has, or while its row does not show it. */
export function healingOf({ webhooks, report, isUnfolded }: Evidence): Healing | null {
  if (isUnfolded) return null
  const completedAt = report ? completedBefore(webhooks, report) : endOf(webhooks)
  if (completedAt !== null) return { healedAt: completedAt, healedBy: 'webhook' }
  return report && { healedAt: report.receivedAt, healedBy: 'rest' }
}

function completedBefore(heard: readonly WebhookFact[], told: RestReport): number | null {
  const earlier = heard.filter(fact => fact.receivedAt < told.receivedAt)
  if (findMissing(earlier, told) !== null) return null
  const last = earlier.findIndex((_fact, i) => findMissing(earlier.slice(0, i + 1), told) === null)
  return earlier[last]?.receivedAt ?? null
}

function endOf(heard: readonly WebhookFact[]): number | null {
  const caller = callerExtension(heard)
  return heard.find(fact => endsCall(fact, caller))?.receivedAt ?? null
}

/** The gap of a voicemail that was left in a call, according to REST, and that was not listed in time. */
export function voicemailGapOf({ report, voicemailAt, isUnfolded }: Evidence, now: number): Gap<'voicemail'> | null {
  if (!report?.isVoicemail) return null
  const dueAt = report.receivedAt + VOICEMAIL_GRACE_MS
  if (now < dueAt || (voicemailAt ?? Number.POSITIVE_INFINITY) <= dueAt) return null
  return {
    missing: 'voicemail',
    detectedAt: dueAt,
    healing: voicemailAt === null || isUnfolded ? null : { healedAt: voicemailAt, healedBy: 'rest' }
  }
}

/** When a message was first received from each source; null when it never was. */
export interface MessageEvidence {
  entity: string
  webhookAt: number | null
  restAt: number | null
}

/**
 * The messages that REST reported and webhooks did not, of an account whose webhooks announce messages at all, which
 * few do. Unless one message is known from both sources, their ids may differ, and nothing can be said.
 */
export function messageGapsOf<M extends MessageEvidence>(
  messages: readonly M[],
  now: number
): { message: M; gap: Gap<'message'> }[] {
  if (!messages.some(({ webhookAt, restAt }) => webhookAt !== null && restAt !== null)) return []
  const first = Math.min(...messages.map(message => message.webhookAt ?? Number.POSITIVE_INFINITY))
  return messages.flatMap(message => {
    const { restAt } = message
    if (
      restAt === null ||
      restAt < first ||
      now < restAt + GRACE_MS ||
      (message.webhookAt ?? Number.POSITIVE_INFINITY) <= restAt + GRACE_MS
    )
      return []
    return {
      message,
      gap: { missing: 'message' as const, detectedAt: restAt, healing: { healedAt: restAt, healedBy: 'rest' as const } }
    }
  })
}

/** A report that comes before the webhooks were due is no gap yet. */
function dueOf({ endedAt, reportedAt }: RestReport): { dueAt: number; detectedAt: number } {
  return { dueAt: Math.max(endedAt + GRACE_MS, reportedAt), detectedAt: reportedAt }
}

function dueOfOpen(heard: readonly WebhookFact[]): { dueAt: number; detectedAt: number } {
  const caller = callerExtension(heard)
  const dueAt = Math.max(...heard.filter(fact => !endsCall(fact, caller)).map(fact => fact.occurredAt)) + STALE_MS
  return { dueAt, detectedAt: dueAt }
}
