import type { MessageReported } from '../../../events/message.js'
import { cleanName, cleanText } from '../../../events/text.js'
import { toIsoOrNull } from '../../../lib/instant.js'
import type { FactOf } from '../../route-reader.js'
import { factEnvelope, idOf, numberOf, rawOf, type SourceRow } from '../row.js'
import { clientOf, type JournalRow } from './rows.js'

const MAX_ATTACHMENTS = 50

/** The types that MMS carries, by file extension: MightyCall reports only the file name. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  heic: 'image/heic',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  '3gp': 'video/3gpp',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  amr: 'audio/amr',
  m4a: 'audio/mp4',
  pdf: 'application/pdf',
  vcf: 'text/vcard',
  txt: 'text/plain'
}

/**
 * A message in the journal (source: MightyCall API v4, Journal). It is taken for removed when its content is not
 * available any more; the journal does not report since when. Null when its id cannot be stored.
 */
export function messageFact(row: JournalRow, source: SourceRow): FactOf<MessageReported> | null {
  const messageId = idOf(row.id)
  if (messageId === null) return null
  const direction = row.origin === 'Inbound' ? 'inbound' : row.origin === 'Outbound' ? 'outbound' : null
  return {
    ...factEnvelope('message.reported', source),
    messageId,
    route: 'journal',
    direction,
    businessNumber: numberOf(row.businessNumber?.number, source),
    ...clientOf(row, source),
    // only an outbound message has an agent as its author
    extension: direction === 'outbound' ? idOf(row.agent?.extension) : null,
    text: cleanText(row.text) ?? cleanText(row.textModel?.text),
    attachments: (row.attachments ?? []).slice(0, MAX_ATTACHMENTS).map(attachmentOf),
    sentAt: toIsoOrNull(row.created),
    delivery: direction === 'inbound' ? null : deliveryOf(row.messageDeliveryStatus),
    read: row.read ?? null,
    removedAt: null,
    ...((row.availability ?? row.textModel?.availability) === 'NotAvailable' && { removed: true as const }),
    raw: rawOf(source)
  }
}

function attachmentOf({
  fileName,
  fileSize
}: NonNullable<JournalRow['attachments']>[number]): MessageReported['attachments'][number] {
  const end = /\.(\w{2,4})$/.exec(fileName ?? '')?.[1]?.toLowerCase() ?? ''
  return {
    fileName: cleanName(fileName),
    sizeBytes: typeof fileSize === 'number' && fileSize >= 0 && Number.isSafeInteger(fileSize) ? fileSize : null,
    contentType: Object.hasOwn(CONTENT_TYPES, end) ? (CONTENT_TYPES[end] ?? null) : null
  }
}

function deliveryOf(status: JournalRow['messageDeliveryStatus']): MessageReported['delivery'] {
  switch (status) {
    case 'Sent':
      return 'sent'
    case 'NotSent':
      return 'not-sent'
    case 'Unspecified':
    case null:
    case undefined:
      return null
    default:
      return status satisfies never
  }
}
