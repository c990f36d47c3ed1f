/**
 * Every name that a notification may have by what is known, at its top or in its Body; whatever else comes is drift.
 * Nothing can be read that is not here: see fields.ts (source: MightyCall API v4, WebHook Notifications).
 */
const KNOWN = [
  'Body', 'Guid', 'ApiKey', 'Timestamp', 'EventType',
  'Id', 'CallId', 'From', 'To', 'Extension', 'CallDuration', 'RecordingId', 'RecordingLink',
  'RequestType', 'RequestGuid', 'MessageOrigin', 'BusinessNumber', 'ClientAddress', 'Text', 'Attachments',
  'Status', 'Presence', 'Availability'
] as const

export type FieldName = Lowercase<typeof KNOWN[number]>

/** Each in the three casings that are usual, so that nearly every name is found at once. */
const SPELLINGS = new Set<string>(KNOWN.flatMap(name => [name, name.toLowerCase(), name.charAt(0).toLowerCase() + name.slice(1)]))
const LONGEST = Math.max(...KNOWN.map(name => name.length))

/** In any casing. */
export function isKnownField (name: string): boolean {
  return SPELLINGS.has(name) || (name.length <= LONGEST && SPELLINGS.has(name.toLowerCase()))
}
