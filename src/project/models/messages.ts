import type { Folded } from '../../events/event.js'
import { threadId } from '../../events/identity.js'
import type { MessageEvent, MessageReported, MessageRequested } from '../../events/message.js'
import { localDay } from '../../lib/local-day.js'
import { distinctById, firstKnown, firstReceivedAt, inOrder, iso, millisOf, newestOfRoutes } from './facts.js'
import { type ReadModel, table } from './read-model.js'
import type { Contribution } from './reports.js'

export type MessageState = 'pending' | 'sent' | 'failed' | 'received' | 'unconfirmed'

/** What the events of one message amount to; times in milliseconds since 1970. */
export interface Message {
  direction: MessageReported['direction']
  businessNumber: string | null
  clientNumber: string | null
  clientName: string | null
  extension: string | null
  text: string | null
  attachments: MessageReported['attachments']
  sentAt: number
  state: MessageState
  read: boolean | null
  removedAt: number | null
}

/** The message that these events describe, in any order and with doubles; null when there are none. */
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
    removedAt: millisOf(firstKnown(reports, report => report.removedAt))
  }
}

const isReport = (event: Folded<MessageEvent>): event is Folded<MessageReported> => event.type === 'message.reported'
const isRequest = (event: Folded<MessageEvent>): event is Folded<MessageRequested> => event.type === 'message.requested'

/**
 * The newest word on an outbound message counts; without one it is pending when we were asked to send it, and sent when
 * it is reported.
 */
function stateOf(
  events: readonly Folded<MessageEvent>[],
  reports: readonly Folded<MessageReported>[],
  direction: Message['direction']
): MessageState {
  if (direction !== 'outbound') return 'received'
  const words = inOrder([
    ...reports.filter(report => report.delivery !== null),
    ...events.filter(event => event.type === 'message.sent' || event.type === 'message.failed')
  ])
  const last = words.at(-1)
  if (!last) return reports.length > 0 ? 'sent' : 'pending'
  if (last.type === 'message.failed') return last.certain ? 'failed' : 'unconfirmed'
  return last.type === 'message.reported' && last.delivery === 'not-sent' ? 'failed' : 'sent'
}

interface MessageRow extends Message {
  account: string
  messageId: string
  threadId: string | null
  contribution: Contribution[]
}

/** `sms_logs`, of which the view `sms_threads` is made. */
export const messages: ReadModel<MessageRow> = {
  kind: 'message',
  liveKind: 'message',
  foldVersion: 1,
  fold: ({ entity: { account, entity }, events }, settings) => {
    const message = foldMessage(events as Folded<MessageEvent>[]) // an entity of this kind has no other events
    if (!message) return null
    const { businessNumber, clientNumber, direction, sentAt } = message
    const place = { date: localDay(sentAt, settings.timeZoneOf(account)), number: businessNumber ?? '', extension: '' }
    return {
      account,
      messageId: entity,
      threadId:
        businessNumber !== null && clientNumber !== null ? threadId(account, businessNumber, clientNumber) : null,
      ...message,
      contribution:
        direction === null ? [] : [{ ...place, ...(direction === 'inbound' ? { messagesIn: 1 } : { messagesOut: 1 }) }]
    }
  },
  tables: [
    table<MessageRow, MessageRow>({
      name: 'sms_logs',
      entity: 'message_id',
      key: ['account', 'message_id'],
      many: false,
      rowsOf: row => [row],
      columns: {
        account: { type: 'text', of: row => row.account },
        message_id: { type: 'text', of: row => row.messageId },
        thread_id: { type: 'uuid', of: row => row.threadId },
        direction: { type: 'text', of: row => row.direction },
        business_number: { type: 'text', of: row => row.businessNumber },
        client_number: { type: 'text', of: row => row.clientNumber },
        client_name: { type: 'text', of: row => row.clientName },
        extension: { type: 'text', of: row => row.extension },
        text: { type: 'text', of: row => row.text },
        attachments: { type: 'jsonb', of: row => JSON.stringify(row.attachments) },
        sent_at: { type: 'timestamptz', of: row => iso(row.sentAt) },
        state: { type: 'text', of: row => row.state },
        read: { type: 'bool', of: row => row.read },
        removed_at: { type: 'timestamptz', of: row => iso(row.removedAt) },
        contribution: { type: 'jsonb', of: row => JSON.stringify(row.contribution) }
      }
    })
  ],
  contributionOf: row => row.contribution
}
