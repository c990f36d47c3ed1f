import { Compile } from 'typebox/compile'
import { UndecodableRecordError } from '../errors.js'
import { SCHEMA_VERSION } from './envelope.js'
import { type Event, entityOf, eventSchemas, topicOf } from './event.js'
import type { LogRecord, StoredRecord } from './log-record.js'

/** The events of this service are nested at most 66 levels deep. */
const MAX_DEPTH = 100

const validators = new Map(eventSchemas.map(schema => [schema.properties.type.const as string, Compile(schema)]))

/**
 * Encodes an event as a CloudEvents 1.0 record in Kafka's binary mode. The value is complete without the headers, since
 * some sinks drop them.
 */
export function encodeEvent(event: Event): LogRecord {
  const entity = entityOf(event)
  return {
    topic: topicOf(entity),
    key: `${entity.account}:${entity.entity}`,
    value: Buffer.from(JSON.stringify(event)),
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: `/mightycall/${event.account}/${event.source}`,
      ce_type: event.type,
      ce_time: event.occurredAt,
      ce_subject: headerSafe(entity.entity),
      ce_receivedat: event.receivedAt,
      ce_dataschema: schemaId(event.type),
      'content-type': 'application/json'
    }
  }
}

/**
 * Decodes the event of a record, which any program may have produced. Only the value is used, not the headers.
 * @throws UndecodableRecordError  the value is not JSON, its type is unknown, or a field does not match the schema; the
 *   message contains the path of the field, never its value
 */
export function decodeRecord(record: Pick<StoredRecord, 'value'>): Event {
  const value = parseValue(record.value)
  // the value is any JSON; a `type` that is not a string is not in the map
  const validator = validators.get((value as { type?: string } | null)?.type ?? '')
  if (!validator) throw new UndecodableRecordError('its type is unknown')
  if (isTooDeep(value)) throw new UndecodableRecordError('it is nested too deeply')
  if (!validator.Check(value))
    throw new UndecodableRecordError(`${validator.Errors(value)[0]?.instancePath ?? '/'} does not match its schema`)
  return value as Event // checked by the validator of its type
}

export function schemaId(type: string): string {
  return `urn:mightycall-stream:schema:${type}:${SCHEMA_VERSION}`
}

function parseValue(value: Buffer | null): unknown {
  if (value === null) throw new UndecodableRecordError('it has no value')
  try {
    return JSON.parse(value.toString())
  } catch {
    throw new UndecodableRecordError('its value is not JSON')
  }
}

/** True when the value is nested so deeply that JSON.stringify could overflow the stack, which JSON.parse does not. */
export function isTooDeep(value: unknown): boolean {
  return isDeeper(value, MAX_DEPTH)
}

function isDeeper(value: unknown, than: number): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (than === 0 || Object.values(value).some(member => isDeeper(member, than - 1)))
  )
}

/** Percent-encodes what is not ASCII, as the CloudEvents bindings do, for systems that accept only ASCII headers. */
function headerSafe(text: string): string {
  return /^[\x21\x23\x24\x26-\x7e]*$/.test(text) ? text : encodeURIComponent(text)
}
