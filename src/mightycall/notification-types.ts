import type { CallEventType, CallFamily } from '../events/call.js'

export interface CallNotificationType {
  type: CallEventType
  family: CallFamily
}

/**
 * Every documented EventType of a call, in lower case (source: MightyCall API v4, WebHook Notifications).
 * A new one is one line here.
 */
export const CALL_NOTIFICATION_TYPES: ReadonlyMap<string, CallNotificationType> = new Map([
  ['incomingcall', { type: 'call.started', family: 'incoming' }],
  ['incomingcallringing', { type: 'call.ringing', family: 'incoming' }],
  ['incomingcallstopringing', { type: 'call.ring-stopped', family: 'incoming' }],
  ['incomingstopringing', { type: 'call.ring-stopped', family: 'incoming' }], // stands only in the sequence of a voicemail, and without an extension
  ['incomingcallconnected', { type: 'call.connected', family: 'incoming' }],
  ['incomingcallcompleted', { type: 'call.completed', family: 'incoming' }],
  ['outgoingcall', { type: 'call.started', family: 'outgoing' }],
  ['outgoingcallconnected', { type: 'call.connected', family: 'outgoing' }],
  ['outgoingcallcompleted', { type: 'call.completed', family: 'outgoing' }],
  ['callbackcall', { type: 'call.started', family: 'callback' }],
  ['callbackcallringing', { type: 'call.ringing', family: 'callback' }],
  ['callbackcallstopringing', { type: 'call.ring-stopped', family: 'callback' }],
  ['callbackcallconnected', { type: 'call.connected', family: 'callback' }],
  ['callbackcallcompleted', { type: 'call.completed', family: 'callback' }]
])
