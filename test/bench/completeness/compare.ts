import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'

/** A read model, and the fields that are compared with the truth. */
export interface Compared {
  name: string
  table: string
  /** The name of its id in the truth. */
  id: string
  fields: readonly string[]
}

export const COMPARED: readonly Compared[] = [
  {
    name: 'calls',
    table: 'call_history',
    id: 'callId',
    fields: [
      'direction',
      'outcome',
      'businessNumber',
      'clientNumber',
      'clientName',
      'startedAt',
      'answeredAt',
      'endedAt',
      'waitSeconds',
      'talkSeconds',
      'lostInTransfer',
      'answeredBy',
      'recordingId',
      'recordingLink'
    ]
  },
  {
    name: 'voicemails',
    table: 'voicemail_logs',
    id: 'voicemailId',
    fields: [
      'callId',
      'businessNumber',
      'clientNumber',
      'clientName',
      'leftAt',
      'durationSeconds',
      'assignedTo',
      'read',
      'transcriptState',
      'transcriptText',
      'recordingId',
      'recordingLink',
      'removedAt'
    ]
  },
  {
    name: 'messages',
    table: 'sms_logs',
    id: 'messageId',
    fields: [
      'direction',
      'businessNumber',
      'clientNumber',
      'clientName',
      'extension',
      'text',
      'attachments',
      'sentAt',
      'state',
      'read',
      'removedAt'
    ]
  }
]

/** When the webhook of an answer was lost, these are derived from the length of the recording, in whole seconds. */
const IN_WHOLE_SECONDS: ReadonlySet<string> = new Set(['answeredAt', 'waitSeconds', 'talkSeconds'])

export type TrueRow = Record<string, unknown>

export interface Difference {
  missing: number
  /** The number of differing rows, by field. */
  unequal: Map<string, number>
  /** The number of rows without a time that no source reports. */
  unknowable: number
}

/** Compares every field of every true row with the read model. */
export async function differencesOf(
  pool: pg.Pool,
  { table, id, fields }: Compared,
  truth: readonly TrueRow[]
): Promise<Difference> {
  const known = await rowsOf(pool, { table, id })
  const difference: Difference = { missing: 0, unequal: new Map(), unknowable: 0 }
  for (const expected of truth) {
    const row = known.get(String(expected[id] ?? expected.id))
    if (!row) {
      difference.missing++
      continue
    }
    for (const field of unequalFieldsOf({ table, fields }, row, expected))
      difference.unequal.set(field, (difference.unequal.get(field) ?? 0) + 1)
    if (fields.some(field => row[toSnakeCase(field)] === null && isUnknowable(field, row, expected)))
      difference.unknowable++
  }
  return difference
}

/** Returns every row of a read model by its id. */
export async function rowsOf(
  db: Pick<pg.Pool, 'query'>,
  { table, id }: Pick<Compared, 'table' | 'id'>
): Promise<Map<string, TrueRow>> {
  const { rows } = await db.query<TrueRow>(`select * from ${table}`)
  return new Map(rows.map(row => [String(row[toSnakeCase(id)]), row]))
}

/** Returns the compared fields in which a row differs from the truth. */
export function unequalFieldsOf(
  { table, fields }: Pick<Compared, 'table' | 'fields'>,
  row: TrueRow,
  expected: TrueRow
): string[] {
  return fields.filter(field => {
    const [found, actual] = [plain(row[toSnakeCase(field)]), plain(expected[field])]
    const isRemoval = table === 'sms_logs' && field === 'removedAt'
    return (
      !isEqual(field, found, actual) &&
      !(isRemoval && isDetectedAfter(found, actual)) &&
      !(found === null && isUnknowable(field, row, expected))
    )
  })
}

/**
 * Returns true for a time that no source reports: the webhook of an answer was lost, REST lists no times of legs, and
 * the recording, if there is one, has only the length of the whole conversation. `null` is the right value then.
 */
function isUnknowable(field: string, row: TrueRow, expected: TrueRow): boolean {
  if (!IN_WHOLE_SECONDS.has(field) || expected[field] === null) return false
  if (Number(row.webhook_events) >= Number(expected.webhookEvents)) return false
  return field === 'talkSeconds' || expected.recordingId === null
}

/** The removal time of a message is not reported; the extended look-back detects removals within this time. */
const DETECTED_WITHIN_MS = 5 * 3_600_000

function isEqual(field: string, found: unknown, expected: unknown): boolean {
  if (IN_WHOLE_SECONDS.has(field) && typeof found === 'number' && typeof expected === 'number')
    return Math.abs(found - expected) < (field === 'answeredAt' ? 1000 : 1)
  return isDeepStrictEqual(found, expected)
}

function isDetectedAfter(found: unknown, actual: unknown): boolean {
  return (
    typeof found === 'number' && typeof actual === 'number' && found >= actual && found <= actual + DETECTED_WITHIN_MS
  )
}

const toSnakeCase = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

/** Converts times to milliseconds, as the truth has them. */
function plain(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : (value ?? null)
}
