import { hash, randomUUID } from 'node:crypto'
import type { Entity } from './event.js'

/** The namespace of our UUIDv5 names; a random UUID, fixed for ever. */
const NAMESPACE = Buffer.from('5b4c1f0e7d0b4b0e9a54a2b9c3f6d871', 'hex')

/** A name-based UUID, version 5 (RFC 9562, 5.5). */
export function uuidV5(namespace: Buffer, name: string): string {
  const digest = hash('sha1', Buffer.concat([namespace, Buffer.from(name)]), 'hex')
  const variant = ((Number.parseInt(digest.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(18, 20)}-${digest.slice(20, 32)}`
}

/**
 * The id of a notification: equal for every delivery of it, whatever its formatting, key order or Guid.
 * MightyCall's Guid is no part of it, since it is nil in every documented outgoing event and shared between families.
 */
export function notificationId(account: string, body: object): string {
  return uuidV5(NAMESPACE, `${account}\n${canonical(body, 'guid')}`)
}

/** The conversation of a business number and a client. */
export function threadId(account: string, businessNumber: string, clientNumber: string): string {
  return uuidV5(NAMESPACE, `thread\n${account}\n${businessNumber}\n${clientNumber}`)
}

/** Of a business number, which has no id of MightyCall's that lasts. */
export function numberId(account: string, number: string): string {
  return uuidV5(NAMESPACE, `number\n${account}\n${number}`)
}

/** Of a contact's channel to which MightyCall gives no id. */
export function derivedChannelId(contactId: string, kind: string, value: string): string {
  return uuidV5(NAMESPACE, `channel\n${contactId}\n${kind}\n${value}`)
}

/**
 * Of what the REST API told: the same content after the same fact is the same event, however often it is appended; A →
 * B → A is three.
 * @param before  the id of the chain's newest fact, if it has one
 */
export function factId(
  { account, kind, entity }: Entity,
  { chain, content, before }: { chain: string; content: string; before: string | null }
): string {
  return uuidV5(NAMESPACE, `fact\n${account}\n${chain}\n${kind}\n${entity}\n${content}\n${before ?? ''}`)
}

/** For what has no identity of its own. A double of it is harmless; to merge two would be a loss. */
export function randomId(): string {
  return randomUUID()
}

/** JSON with sorted keys, without the top-level member `omit` in any casing. */
export function canonical(value: unknown, omit?: string): string {
  if (Array.isArray(value)) return `[${value.map(item => canonical(item)).join(',')}]`
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = value as Record<string, unknown> // an object that is no array
  let text = ''
  for (const key of Object.keys(members).sort()) {
    if (members[key] === undefined || (key.length === omit?.length && key.toLowerCase() === omit)) continue
    text += `${text === '' ? '' : ','}${quoted(key)}:${canonical(members[key])}`
  }
  return `{${text}}`
}

/** Nearly every text is plain, and to see that is faster than to escape it. */
function quoted(text: string): string {
  return /^[ !#-[\]-~]*$/.test(text) ? `"${text}"` : JSON.stringify(text)
}
