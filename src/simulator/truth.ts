import { callAt } from './call-at.js'
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

export interface AgentAt {
  status: 'unknown' | 'available' | 'dnd' | 'ringing' | 'dialing' | 'on_call'
  calls: string[]
}

/**
 * Returns the status of an agent at an instant, from the calls and presence facts until then. A talk takes precedence
 * over dialing, dialing over ringing, and ringing over presence.
 */
export function agentAt(truth: Truth, extension: string, instant: number): AgentAt {
  const open = truth.calls
    .filter(call => call.startedAt <= instant && call.endedAt > instant)
    .flatMap(call => {
      const legs = (callAt(call, instant)?.legs ?? []).filter(
        leg => leg.extension === extension && leg.endedAt === null
      )
      return legs.length > 0 ? [{ id: call.id, legs }] : []
    })
  const legs = open.flatMap(call => call.legs)
  const status = legs.some(leg => leg.connectedAt !== null)
    ? 'on_call'
    : legs.some(leg => leg.role === 'dialer')
      ? 'dialing'
      : legs.length > 0
        ? 'ringing'
        : presenceAt(truth, extension, instant)
  return { status, calls: open.map(call => call.id) }
}

function presenceAt({ presences }: Truth, extension: string, instant: number): AgentAt['status'] {
  return (
    presences.find(
      span =>
        span.extension === extension && span.since <= instant && (span.until ?? Number.POSITIVE_INFINITY) > instant
    )?.presence ?? 'unknown'
  )
}
