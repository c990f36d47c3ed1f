import { hash, randomUUID } from 'node:crypto'
import type { Entity } from './event.js'

/** The namespace of the UUIDs that this service derives. It must never change, since ids depend on it. */
const NAMESPACE = Buffer.from('5b4c1f0e7d0b4b0e9a54a2b9c3f6d871', 'hex')

/** Returns a name-based UUID, version 5 (RFC 9562, 5.5). */
export function uuidV5(namespace: Buffer, name: string): string {
  const digest = hash('sha1', Buffer.concat([namespace, Buffer.from(name)]), 'hex')
  const variant = ((Number.parseInt(digest.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `5${digest.slice(13, 16)}`,
    `${variant}${digest.slice(18, 20)}`,
    digest.slice(20, 32)
  ].join('-')
}

/**
 * Returns the id of a notification, which is the same for every delivery of it, whatever its formatting, key order or
 * Guid. The Guid is left out, since it is nil in every documented outgoing event and shared between families.
 */
export function notificationId(account: string, body: object): string {
  return uuidV5(NAMESPACE, `${account}\n${canonical(body, 'guid')}`)
}

/** Returns the id of the conversation between a business number and a client. */
export function threadId(account: string, businessNumber: string, clientNumber: string): string {
  return uuidV5(NAMESPACE, `thread\n${account}\n${businessNumber}\n${clientNumber}`)
}

/** Returns the id of a business number, for which MightyCall has no permanent id. */
export function numberId(account: string, number: string): string {
  return uuidV5(NAMESPACE, `number\n${account}\n${number}`)
}

/** Returns the id of a contact's channel to which MightyCall gives none. */
export function derivedChannelId(contactId: string, kind: string, value: string): string {
  return uuidV5(NAMESPACE, `channel\n${contactId}\n${kind}\n${value}`)
}

/**
 * Returns the id of a fact that the REST API reported. The same content after the same fact is the same event, however
 * often it is appended. The content A, then B, then A again gives three events.
 * @param before  the id of the newest fact of the chain, or null when the chain is empty
 */
export function factId(
  { account, kind, entity }: Entity,
  { chain, content, before }: { chain: string; content: string; before: string | null }
): string {
  return uuidV5(NAMESPACE, `fact\n${account}\n${chain}\n${kind}\n${entity}\n${content}\n${before ?? ''}`)
}

/** Returns an id for something without an identity. Storing it twice is harmless; merging two would lose data. */
export function randomId(): string {
  return randomUUID()
}

/** Returns JSON with sorted keys, without the top-level member `omit` (lower case), which is matched in any case. */
export function canonical(value: unknown, omit?: string): string {
  if (Array.isArray(value)) return `[${value.map(item => canonical(item)).join(',')}]`
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = value as Record<string, unknown> // arrays were handled above
  let text = ''
  for (const key of Object.keys(members).sort()) {
    if (members[key] === undefined || (key.length === omit?.length && key.toLowerCase() === omit)) continue
    text += `${text === '' ? '' : ','}${quoted(key)}:${canonical(members[key])}`
  }
  return `{${text}}`
}

/** Returns a JSON string. Checking that nothing has to be escaped, the usual case, is faster than JSON.stringify. */
function quoted(text: string): string {
  return /^[ !#-[\]-~]*$/.test(text) ? `"${text}"` : JSON.stringify(text)
}
