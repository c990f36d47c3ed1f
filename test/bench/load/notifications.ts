import { DOCUMENTED_NOTIFICATIONS } from '../../support/documented-notifications.js'

/** The notifications of one documented call: a new call begins after the last of them. */
const CALL = DOCUMENTED_NOTIFICATIONS.slice(0, 5)
const ID_LENGTH = 36

export interface NumberedNotification {
  callId: string
  eventType: string
}

/** Which notification has this number in the run. The id is as long as MightyCall's. */
export function notificationOf(prefix: string, n: number): NumberedNotification {
  const call = Math.floor(n / CALL.length)
  return {
    callId: `${prefix}${String(call).padStart(ID_LENGTH - prefix.length, '0')}`,
    eventType: CALL[n % CALL.length]?.EventType ?? ''
  }
}

/** Requests as they go over the wire, made from the number alone. */
export function createRequests({
  path,
  prefix,
  padBytes = 0
}: {
  path: string
  prefix: string
  padBytes?: number
}): (n: number) => string {
  const templates = CALL.map(notification => {
    const id = '#'.repeat(ID_LENGTH)
    const padding = padBytes > 0 ? { Padding: 'x'.repeat(padBytes) } : {}
    // about 400 bytes, laid out as in the documentation
    const body = JSON.stringify({ ...notification, ...padding, Body: { ...notification.Body, Id: id } }, null, 4)
    const head = `POST ${path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: MightyCall\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const [before = '', after = ''] = `${head}${body}`.split(id)
    return { before, after }
  })
  return n => {
    const template = templates[n % templates.length]
    return `${template?.before}${notificationOf(prefix, n).callId}${template?.after}`
  }
}
