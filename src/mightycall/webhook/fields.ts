/** What we read of a notification, as unknown as it came. */
export interface Fields {
  eventType: unknown
  timestamp: unknown
  guid: unknown
  callId: unknown
  extension: unknown
  from: unknown
  to: unknown
  /** What only some types have. */
  get: (name: FieldName) => unknown
}

/**
 * Both shapes in any casing: Classic has `Body{From,To,Id,Extension}`, contact-center is flat with `CallId`.
 * The inner one wins, since a flat body has no Body.
 */
export function fieldsOf(notification: Record<string, unknown>): Fields {
  const outer = byLowerCaseName(notification)
  const body = outer.get('body')
  // an object of JSON.parse
  const inner = typeof body === 'object' && body !== null ? byLowerCaseName(body as Record<string, unknown>) : outer
  const get = (name: FieldName) => inner.get(name) ?? outer.get(name)
  return {
    eventType: get('eventtype'),
    timestamp: get('timestamp'),
    guid: outer.get('guid'),
    callId:
      inner === outer
        ? (outer.get('callid') ?? outer.get('id'))
        : (inner.get('id') ?? inner.get('callid') ?? outer.get('callid') ?? outer.get('id')),
    extension: get('extension'),
    from: get('from'),
    to: get('to'),
    get
  }
}

export function byLowerCaseName(object: Record<string, unknown>): Map<string, unknown> {
  const members = new Map<string, unknown>()
  for (const name in object) members.set(name.toLowerCase(), object[name])
  return members
}

/**
 * Every name that a notification may have by what is known, at its top or in its Body; whatever else comes is drift.
 * Nothing can be read that is not here: see fields.ts (source: MightyCall API v4, WebHook Notifications).
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

export type FieldName = Lowercase<(typeof KNOWN_FIELDS)[number]>

/** Each in the three casings that are usual, so that nearly every name is found at once. */
const SPELLINGS = new Set<string>(
  KNOWN_FIELDS.flatMap(name => [name, name.toLowerCase(), name.charAt(0).toLowerCase() + name.slice(1)])
)
const MAX_FIELD_LENGTH = Math.max(...KNOWN_FIELDS.map(name => name.length))

/** In any casing. */
export function isKnownField(name: string): boolean {
  return SPELLINGS.has(name) || (name.length <= MAX_FIELD_LENGTH && SPELLINGS.has(name.toLowerCase()))
}
