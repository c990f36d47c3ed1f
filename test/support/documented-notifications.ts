/** The API key of the documented examples. Like the numbers below, it must never appear in a log. */
export const DOCUMENTED_API_KEY = '8a77c828-31c2-492a-b0c1-224cd94e9c3b'
export const BUSINESS_NUMBER = '+15550347567'
export const CLIENT_NUMBER = '+15559371200'

export const INBOUND = '7df52a62-9db2-48cd-9ae4-7dec8203d822'
export const OUTBOUND = '7df52a62-9db2-48cd-9ae4-7dec82034883'
export const CALLBACK = '7df52a62-9db2-48cd-9ae4-7dec82034885'

const NIL = '00000000-0000-0000-0000-000000000000'

export interface DocumentedNotification {
  Body: { From: string; To: string; Id: string; Extension?: string | null }
  Guid: string
  ApiKey: string
  Timestamp: string
  EventType: string
}

/**
 * The 13 documented notifications. Incoming and callback notifications share their Guids and times; outgoing ones have
 * nil Guids (source: MightyCall API v4, WebHook Notifications).
 */
export const DOCUMENTED_NOTIFICATIONS: readonly DocumentedNotification[] = [
  incoming('IncomingCall', 1, '08:58:10'),
  incoming('IncomingCallRinging', 2, '08:58:15', '103'),
  incoming('IncomingCallStopRinging', 3, '08:58:30', '103'),
  incoming('IncomingCallConnected', 4, '08:58:20', '103'),
  incoming('IncomingCallCompleted', 5, '08:59:10', null),
  outgoing('OutgoingCall', '08:58:10'),
  outgoing('OutgoingCallConnected', '08:58:20'),
  outgoing('OutgoingCallCompleted', '08:58:50'),
  callback('CallbackCall', 1, '08:58:10'),
  callback('CallbackCallRinging', 2, '08:58:15', '104'),
  callback('CallbackCallStopRinging', 3, '08:58:30', '104'),
  callback('CallbackCallConnected', 4, '08:58:20', '104'),
  callback('CallbackCallCompleted', 5, '08:59:10', null)
]

function incoming(type: string, guid: number, time: string, extension?: string | null): DocumentedNotification {
  return notification(
    type,
    { From: CLIENT_NUMBER, To: BUSINESS_NUMBER, Id: INBOUND, ...(extension !== undefined && { Extension: extension }) },
    `${NIL.slice(0, -1)}${guid}`,
    time
  )
}

function outgoing(type: string, time: string): DocumentedNotification {
  return notification(type, { From: BUSINESS_NUMBER, To: CLIENT_NUMBER, Id: OUTBOUND, Extension: '101' }, NIL, time)
}

function callback(type: string, guid: number, time: string, extension?: string | null): DocumentedNotification {
  return notification(
    type,
    {
      From: BUSINESS_NUMBER,
      To: CLIENT_NUMBER,
      Id: CALLBACK,
      ...(extension !== undefined && { Extension: extension })
    },
    `${NIL.slice(0, -1)}${guid}`,
    time
  )
}

function notification(
  type: string,
  body: DocumentedNotification['Body'],
  guid: string,
  time: string
): DocumentedNotification {
  return {
    Body: body,
    Guid: guid,
    ApiKey: DOCUMENTED_API_KEY,
    Timestamp: `2017-05-25T${time}.5140000Z`,
    EventType: type
  }
}
