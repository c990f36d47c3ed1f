import { readId } from '../../events/external-id.js'

/** The fields of a notification that are read, not validated yet. */
export interface Fields {
  eventType: unknown
  timestamp: unknown
  guid: unknown
  callId: unknown
  extension: unknown
  from: unknown
  to: unknown
  /** Reads a field that only some types have. */
  get: (name: FieldName) => unknown
}

/**
 * Reads both shapes of notification, in any casing: classic accounts send `Body{From,To,Id,Extension}`, contact-center
 * accounts send flat notifications with `CallId`. Fields in the Body take precedence.
 */
export function fieldsOf(notification: Record<string, unknown>): Fields {
  const outer = byLowerCaseName(notification)
  const body = outer.get('body')
  // JSON.parse returns plain objects
  const inner = typeof body === 'object' && body !== null ? byLowerCaseName(body as Record<string, unknown>) : outer
  const get = (name: FieldName) => inner.get(name) ?? outer.get(name)
  return {
    eventType: get('eventtype'),
    timestamp: get('timestamp'),
    guid: outer.get('guid'),
    callId: firstId([
      ...(inner === outer ? [] : [inner.get('id'), inner.get('callid')]),
      outer.get('callid'),
      outer.get('id')
    ]),
    extension: get('extension'),
    from: get('from'),
    to: get('to'),
    get
  }
}

/** The first value that is an id, or else the first one that there is. */
function firstId(values: readonly unknown[]): unknown {
  return values.find(value => readId(value) !== null) ?? values.find(value => value !== null && value !== undefined)
}

export function byLowerCaseName(object: Record<string, unknown>): Map<string, unknown> {
  const members = new Map<string, unknown>()
  for (const name in object) members.set(name.toLowerCase(), object[name])
  return members
}

/**
 * Every known field of a notification, at its top level or in its Body; any other field is drift. Only fields in this
 * list can be read (source: MightyCall API v4, WebHook Notifications).
 */
const KNOWN_FIELDS = [
  'Body',
  'Guid',
  'ApiKey',
  'Timestamp',
  'EventType',
  'Id',
  'CallId',
  'From',
  'To',
  'Extension',
  'CallDuration',
  'RecordingId',
  'RecordingLink',
  'RequestType',
  'RequestGuid',
  'MessageOrigin',
  'BusinessNumber',
  'ClientAddress',
  'Text',
  'Attachments',
  'Status',
  'Presence',
  'Availability'
] as const

type FieldName = Lowercase<(typeof KNOWN_FIELDS)[number]>

/** Each name in its three usual casings, so that nearly every name is found without converting it. */
const SPELLINGS = new Set<string>(
  KNOWN_FIELDS.flatMap(name => [name, name.toLowerCase(), name.charAt(0).toLowerCase() + name.slice(1)])
)
const MAX_FIELD_LENGTH = Math.max(...KNOWN_FIELDS.map(name => name.length))

/** Returns whether a field is known, in any casing. */
export function isKnownField(name: string): boolean {
  return SPELLINGS.has(name) || (name.length <= MAX_FIELD_LENGTH && SPELLINGS.has(name.toLowerCase()))
}
