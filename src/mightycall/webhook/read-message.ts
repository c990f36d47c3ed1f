import { readExtension, readId } from '../../events/external-id.js'
import type { MessageReported } from '../../events/message.js'
import { cleanName, cleanText, normalizeParty } from '../../events/text.js'
import type { UnclassifiedReason } from '../../events/unclassified.js'
import { byLowerCaseName, type Fields } from './fields.js'
import { isMessageType } from './notification-types.js'
import { commonFields, type ReadableNotification } from './readable.js'

const MAX_ATTACHMENTS = 50

/**
 * Reads an SMS or MMS notification; returns `null` for other types. It is not documented, but integrations of
 * contact-center accounts listen for it. Its fields are named as in the API's model of an interaction (source:
 * MightyCall API v4, ActualInteraction).
 */
export function readMessage(
  { identified, fields, original, region }: ReadableNotification,
  name: string
): MessageReported | UnclassifiedReason | null {
  const requestType = fields.get('requesttype')
  if (!isMessageType(name) && !(typeof requestType === 'string' && /^\s*message\s*$/i.test(requestType))) return null
  const messageId = messageIdOf(fields)
  const businessNumber = normalizeParty(fields.get('businessnumber'), region)
  const clientNumber = normalizeParty(fields.get('clientaddress'), region)
  if (messageId === null || businessNumber === null || clientNumber === null) return 'incomplete'
  const direction = directionOf(fields.get('messageorigin'), name)
  return {
    ...commonFields('message.reported', identified),
    messageId,
    route: 'webhook',
    direction,
    businessNumber,
    clientNumber,
    clientName: null,
    extension: direction === 'inbound' ? null : readExtension(fields.extension), // no agent wrote an inbound message
    text: cleanText(fields.get('text')),
    attachments: attachmentsOf(fields.get('attachments')),
    sentAt: identified.clock ? null : identified.occurredAt,
    delivery: null,
    read: null,
    removedAt: null,
    ...original
  }
}

/**
 * Returns the id of the message in the journal, or the GUID of the request. A nil or truncated id is ignored, since it
 * would merge several messages.
 */
function messageIdOf(fields: Fields): string | null {
  return readId(fields.get('id')) ?? readId(fields.get('requestguid'))
}

function directionOf(origin: unknown, name: string): 'inbound' | 'outbound' | null {
  const direction = typeof origin === 'string' ? origin.trim().toLowerCase() : ''
  if (direction === 'inbound' || direction === 'outbound') return direction
  if (name === 'messagereceived' || name === 'inboundmessage') return 'inbound'
  return name === 'messagesent' || name === 'outboundmessage' ? 'outbound' : null
}

function attachmentsOf(value: unknown): MessageReported['attachments'] {
  return Array.isArray(value) ? value.slice(0, MAX_ATTACHMENTS).flatMap(attachmentOf) : []
}

/** Returns an empty list when no field of the attachment can be read. */
function attachmentOf(value: unknown): MessageReported['attachments'] {
  if (typeof value !== 'object' || value === null) return []
  const members = byLowerCaseName(value as Record<string, unknown>) // JSON.parse returns plain objects
  const size = members.get('filesize') ?? members.get('size')
  const attachment = {
    fileName: cleanName(members.get('filename') ?? members.get('name')),
    sizeBytes: typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : null,
    contentType: cleanName(members.get('contenttype') ?? members.get('type'))
  }
  return Object.values(attachment).some(field => field !== null) ? [attachment] : []
}
