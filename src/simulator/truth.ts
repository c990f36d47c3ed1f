import type { Staff } from './staff.js'
import type { TrueCall } from './true-call.js'

// The rows that the read models are expected to contain. Times are milliseconds since 1970.

export interface TrueVoicemail {
  account: string
  voicemailId: string
  callId: string
  businessNumber: string
  clientNumber: string | null
  clientName: string | null
  leftAt: number
  durationSeconds: number
  assignedTo: string
  read: boolean
  transcriptState: 'not-performed' | 'silence' | 'ready' | 'failed' | null
  transcriptText: string | null
  recordingId: string
  recordingLink: string
  removedAt: number | null
}

export interface TrueMessage {
  account: string
  messageId: string
  direction: 'inbound' | 'outbound'
  businessNumber: string
  clientNumber: string
  clientName: string | null
  extension: string | null
  text: string
  attachments: { fileName: string; sizeBytes: number; contentType: string }[]
  sentAt: number
  state: 'sent' | 'failed' | 'received'
  read: boolean
  removedAt: number | null
}

/** A conversation of a business number and a client: its newest message that was not removed, and its unread count. */
export interface TrueThread {
  account: string
  businessNumber: string
  clientNumber: string
  clientName: string | null
  lastMessageId: string
  lastMessageAt: number
  unread: number
}

export interface TrueNumber {
  account: string
  number: string
  externalId: string
  label: string
  smsEnabled: boolean
  isActive: boolean
  createdAt: number
}

export interface TrueExtension {
  account: string
  extension: string
  displayName: string | null
  email: string | null
  role: string | null
  externalId: string | null
  createdAt: number
}

export interface TrueContact {
  account: string
  contactId: string
  name: string
  channels: { id: string; kind: 'phone' | 'email'; value: string; labels: string[] }[]
  phones: string[]
  tags: string[]
  removedAt: number | null
  updatedAt: number
}

export interface TruePresence {
  account: string
  extension: string
  since: number
  until: number | null
  presence: 'available' | 'dnd'
  source: 'rest'
  seenAt: number
}

/** Ground truth, independent of what was reported. */
export interface Truth {
  account: string
  staff: Staff
  /** Ordered by their start. */
  calls: TrueCall[]
  voicemails: TrueVoicemail[]
  messages: TrueMessage[]
  threads: TrueThread[]
  numbers: TrueNumber[]
  extensions: TrueExtension[]
  contacts: TrueContact[]
  /** Ordered by extension, then time. */
  presences: TruePresence[]
}
