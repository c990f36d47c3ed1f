import { DOCUMENTED_NOTIFICATIONS } from '../../support/documented-notifications.js'

/** The notifications of one documented call. A new call starts after the last of them. */
const CALL = DOCUMENTED_NOTIFICATIONS.slice(0, 5)
const ID_LENGTH = 36

export interface NumberedNotification {
  callId: string
  eventType: string
}

/** Returns the notification with this number in the run. Its id has the length of those of MightyCall. */
export function notificationOf(prefix: string, n: number): NumberedNotification {
  const call = Math.floor(n / CALL.length)
  return {
    callId: `${prefix}${String(call).padStart(ID_LENGTH - prefix.length, '0')}`,
    eventType: CALL[n % CALL.length]?.EventType ?? ''
  }
}

/** Returns a function that creates the bytes of a request from its number. */
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
    // about 400 bytes, formatted as in the documentation
    const body = JSON.stringify({ ...notification, ...padding, Body: { ...notification.Body, Id: id } }, null, 4)
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: bench',
      'User-Agent: MightyCall',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`
    ].join('\r\n')
    const [before = '', after = ''] = `${head}\r\n\r\n${body}`.split(id)
    return { before, after }
  })
  return n => {
    const template = templates[n % templates.length]
    return `${template?.before}${notificationOf(prefix, n).callId}${template?.after}`
  }
}
