import type { CallEventType, CallFamily } from '../../events/call.js'

export interface CallNotificationType {
  type: CallEventType
  family: CallFamily
  /** Set when only a leg has ended, even if the notification has no extension. */
  scope?: 'leg'
}

/**
 * Every documented EventType of a call, in lower case (source: MightyCall API v4, WebHook Notifications).
 * A new one is one line here.
 */
export const CALL_NOTIFICATION_TYPES: ReadonlyMap<string, CallNotificationType> = new Map([
  ['incomingcall', { type: 'call.started', family: 'incoming' }],
  ['incomingcallringing', { type: 'call.ringing', family: 'incoming' }],
  ['incomingcallstopringing', { type: 'call.ring-stopped', family: 'incoming' }],
  // occurs only in the sequence of a voicemail, without an extension
  ['incomingstopringing', { type: 'call.ring-stopped', family: 'incoming' }],
  ['incomingcallconnected', { type: 'call.connected', family: 'incoming' }],
  ['incomingcallcompleted', { type: 'call.completed', family: 'incoming' }],
  ['outgoingcall', { type: 'call.started', family: 'outgoing' }],
  // only contact-center accounts send it, as OutgoingCallAgentDialing
  ['outgoingcallringing', { type: 'call.ringing', family: 'outgoing' }],
  ['outgoingcallstopringing', { type: 'call.ring-stopped', family: 'outgoing' }],
  ['outgoingcallconnected', { type: 'call.connected', family: 'outgoing' }],
  ['outgoingcallcompleted', { type: 'call.completed', family: 'outgoing' }],
  ['callbackcall', { type: 'call.started', family: 'callback' }],
  ['callbackcallringing', { type: 'call.ringing', family: 'callback' }],
  ['callbackcallstopringing', { type: 'call.ring-stopped', family: 'callback' }],
  ['callbackcallconnected', { type: 'call.connected', family: 'callback' }],
  ['callbackcallcompleted', { type: 'call.completed', family: 'callback' }]
])

/** Not documented: these are the names that integrations of contact-center accounts listen for. */
const MESSAGE_NOTIFICATION_TYPES: ReadonlySet<string> = new Set([
  'message',
  'messagereceived',
  'messagesent',
  'inboundmessage',
  'outboundmessage',
  'smsmms'
])

/** Normalizes an EventType for the tables; returns '' when it is not a valid name. */
export function normalizeType(eventType: unknown): string {
  return typeof eventType === 'string' && eventType.length <= 100 ? eventType.trim().toLowerCase() : ''
}

/** Finds a call type by its classic or contact-center name. The latter has `Agent`, and `Dialing` for ringing. */
export function callTypeOf(name: string): CallNotificationType | undefined {
  return CALL_NOTIFICATION_TYPES.get(name) ?? contactCenterTypeOf(name)
}

export function isMessageType(name: string): boolean {
  return MESSAGE_NOTIFICATION_TYPES.has(name)
}

/** Returns true when the name alone identifies the kind of notification. */
export function isKnownType(eventType: string): boolean {
  const name = normalizeType(eventType)
  return callTypeOf(name) !== undefined || isMessageType(name)
}

function contactCenterTypeOf(name: string): CallNotificationType | undefined {
  const classic = name
    .replace('callagent', 'call')
    .replace('dialing', 'ringing')
    .replace('ringingstopped', 'stopringing')
  const known = CALL_NOTIFICATION_TYPES.get(classic)
  // a name that reaches this line contains Agent: the table has the others
  return known?.type === 'call.completed' ? { ...known, scope: 'leg' } : known
}
