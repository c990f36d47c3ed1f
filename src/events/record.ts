import { Compile } from 'typebox/compile'
import { UndecodableRecordError } from '../errors.js'
import { SCHEMA_VERSION } from './envelope.js'
import { type Event, entityOf, eventSchemas, topicOf } from './event.js'
import type { LogRecord, StoredRecord } from './log-record.js'

/** Of what we make ourselves nothing is deeper than 66. */
const MAX_DEPTH = 100

const validators = new Map(eventSchemas.map(schema => [schema.properties.type.const as string, Compile(schema)]))

/**
 * The event as a record: CloudEvents 1.0 in Kafka's binary mode. The value is whole by itself, for sinks that drop
 * headers.
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
 * The event in a record, whoever wrote it: only the value counts.
 * @throws UndecodableRecordError  no JSON, a type that is not ours, or a field that is not of its schema; names the
 *   path, never the value
 */
export function decodeRecord(record: Pick<StoredRecord, 'value'>): Event {
  const value = parseValue(record.value)
  // any JSON may have a type, and of any kind
  const validator = validators.get((value as { type?: string } | null)?.type ?? '')
  if (!validator) throw new UndecodableRecordError('its type is unknown')
  if (isTooDeep(value)) throw new UndecodableRecordError('it is nested too deeply')
  if (!validator.Check(value))
    throw new UndecodableRecordError(`${validator.Errors(value)[0]?.instancePath ?? '/'} is not of its schema`)
  return value as Event // the validator of its own type has just said so
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

/** Anyone may produce into a topic, and JSON.stringify overflows where JSON.parse does not. */
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

/** Header values cross systems that take ASCII only: the rest is percent-encoded, as CloudEvents' bindings do. */
function headerSafe(text: string): string {
  return /^[\x21\x23\x24\x26-\x7e]*$/.test(text) ? text : encodeURIComponent(text)
}
