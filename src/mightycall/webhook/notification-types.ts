import type { CallEventType, CallFamily } from '../../events/call.js'

export interface CallNotificationType {
  type: CallEventType
  family: CallFamily
  /** Only a leg ended, be it without an extension. */
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
  // stands only in the sequence of a voicemail, and without an extension
  ['incomingstopringing', { type: 'call.ring-stopped', family: 'incoming' }],
  ['incomingcallconnected', { type: 'call.connected', family: 'incoming' }],
  ['incomingcallcompleted', { type: 'call.completed', family: 'incoming' }],
  ['outgoingcall', { type: 'call.started', family: 'outgoing' }],
  // only contact-center accounts say it, as OutgoingCallAgentDialing
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

/** Nobody documents them: these are the names that integrations of contact-center accounts listen for. */
const MESSAGE_NOTIFICATION_TYPES: ReadonlySet<string> = new Set([
  'message',
  'messagereceived',
  'messagesent',
  'inboundmessage',
  'outboundmessage',
  'smsmms'
])

/** As the tables have it: '' when it is none. */
export function normalizeType(eventType: unknown): string {
  return typeof eventType === 'string' && eventType.length <= 100 ? eventType.trim().toLowerCase() : ''
}

/** By the Classic name, or by the contact-center one: with `Agent`, and `Dialing` for ringing. */
export function callTypeOf(name: string): CallNotificationType | undefined {
  return CALL_NOTIFICATION_TYPES.get(name) ?? contactCenterTypeOf(name)
}

export function isMessageType(name: string): boolean {
  return MESSAGE_NOTIFICATION_TYPES.has(name)
}

/** True when the name alone tells what the notification is. */
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
  // here its name holds Agent: the table has the others
  return known?.type === 'call.completed' ? { ...known, scope: 'leg' } : known
}
