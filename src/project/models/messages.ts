import { columnName, type FoldedRow } from '../../db/bulk-sql.js'
import { smsLogs } from '../../db/schema/messages.js'
import type { Folded } from '../../events/event.js'
import { threadId } from '../../events/identity.js'
import type { MessageEvent, MessageReported, MessageRequested } from '../../events/message.js'
import { localDay } from '../../lib/local-day.js'
import { distinctById, firstKnown, firstReceivedAt, inOrder, millisOf, newestOfRoutes } from './facts.js'
import { modelTable, type ReadModel } from './read-model.js'
import type { Contribution } from './reports.js'

interface MessageRow extends FoldedRow<typeof smsLogs> {
  attachments: MessageReported['attachments']
  contribution: Contribution[]
}

/** What the events of one message amount to. */
export type Message = Omit<MessageRow, 'account' | 'messageId' | 'threadId' | 'contribution'>

/**
 * Folds the events of one message, or returns null when there are none. The order of the events and duplicates among
 * them do not change the result.
 */
export function foldMessage(events: readonly Folded<MessageEvent>[]): Message | null {
  if (events.length === 0) return null
  const distinct = distinctById(events)
  const reports = newestOfRoutes(distinct.filter(isReport), ['journal', 'webhook'])
  const request = inOrder(distinct.filter(isRequest))[0]
  const known = [...reports, ...(request ? [request] : [])]
  const sent = distinct
    .flatMap(event => (event.type === 'message.sent' ? (event.sentAt ?? event.occurredAt) : []))
    .sort()[0]
  const direction = firstKnown(reports, report => report.direction) ?? (request ? 'outbound' : null)
  return {
    direction,
    businessNumber: firstKnown(known, fact => fact.businessNumber),
    clientNumber: firstKnown(known, fact => fact.clientNumber),
    clientName: firstKnown(reports, report => report.clientName),
    extension: firstKnown(reports, report => report.extension),
    text: firstKnown(known, fact => fact.text),
    attachments: known.find(fact => fact.attachments.length > 0)?.attachments ?? [],
    sentAt:
      millisOf(firstKnown(reports, report => report.sentAt) ?? sent ?? request?.occurredAt ?? null) ??
      firstReceivedAt(distinct),
    state: stateOf(distinct, reports, direction),
    read: firstKnown(reports, report => report.read),
    removedAt: millisOf(firstKnown(reports, report => report.removedAt) ?? removalSeenAt(distinct.filter(isReport)))
  }
}

/** When the removal was first reported, unless a later report shows that the message was restored. */
function removalSeenAt(reports: readonly Folded<MessageReported>[]): string | null {
  const sorted = inOrder(reports)
  return sorted[sorted.findLastIndex(report => !report.removed) + 1]?.occurredAt ?? null
}

const isReport = (event: Folded<MessageEvent>): event is Folded<MessageReported> => event.type === 'message.reported'
const isRequest = (event: Folded<MessageEvent>): event is Folded<MessageRequested> => event.type === 'message.requested'

/**
 * The newest evidence of delivery decides the state of an outbound message. Without any, a message that was only
 * requested is pending, and a reported one is sent.
 */
function stateOf(
  events: readonly Folded<MessageEvent>[],
  reports: readonly Folded<MessageReported>[],
  direction: Message['direction']
): Message['state'] {
  if (direction !== 'outbound') return 'received'
  const deliveries = inOrder([
    ...reports.filter(report => report.delivery !== null),
    ...events.filter(event => event.type === 'message.sent' || event.type === 'message.failed')
  ])
  const last = deliveries.at(-1)
  if (!last) return reports.length > 0 ? 'sent' : 'pending'
  if (last.type === 'message.failed') return last.certain ? 'failed' : 'unconfirmed'
  return last.type === 'message.reported' && last.delivery === 'not-sent' ? 'failed' : 'sent'
}

/** `sms_logs`, from which the view `sms_threads` is computed. */
export const messages: ReadModel<'message', MessageRow> = {
  kind: 'message',
  liveKind: 'message',
  foldVersion: 2,
  fold: ({ entity: { account, entity }, events }, settings) => {
    const message = foldMessage(events)
    if (!message) return null
    const { businessNumber, clientNumber } = message
    return {
      account,
      messageId: entity,
      threadId:
        businessNumber !== null && clientNumber !== null ? threadId(account, businessNumber, clientNumber) : null,
      ...message,
      contribution: contributionOf(message, settings.timeZoneOf(account))
    }
  },
  tables: [modelTable({ table: smsLogs, entity: 'messageId', rowsOf: (row: MessageRow) => [row] })],
  reports: { contributionOf: row => row.contribution, dateColumn: columnName(smsLogs, 'sentAt') }
}

/** A message of unknown direction is not counted. */
function contributionOf({ direction, sentAt, businessNumber }: Message, timeZone: string): Contribution[] {
  if (direction === null) return []
  const day = { date: localDay(sentAt, timeZone), number: businessNumber ?? '', extension: '' }
  return [{ ...day, ...(direction === 'inbound' ? { messagesIn: 1 } : { messagesOut: 1 }) }]
}
