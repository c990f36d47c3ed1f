import { type Drift, OTHER_FIELDS } from '../../events/drift.js'
import type { Event } from '../../events/event.js'
import { isObject } from '../../lib/json.js'
import { maskName, shapeOf } from '../mask.js'
import { fieldsOf, isKnownField } from './fields.js'

const NONE: readonly Drift[] = []
const MAX_FIELDS = 50

/**
 * Returns the unknown parts of a webhook event: its type, and fields at its top level or in its Body. Runs for every
 * event, so it does only one look-up per field until it finds an unknown one.
 */
export function driftOf(event: Event): readonly Drift[] {
  if (event.source !== 'webhook' || (event.type === 'unclassified' && event.reason === 'api-key-mismatch')) return NONE
  const unknown = unknownFields(event.raw)
  const isTypeUnknown = event.type === 'unclassified' && event.reason === 'unknown-type'
  return unknown === null && !isTypeUnknown ? NONE : describeDrift(event, unknown ?? [], isTypeUnknown)
}

type Unknown = [path: string, value: unknown]

function unknownFields(raw: Event['raw']): Unknown[] | null {
  if (!isObject(raw)) return null // the original was kept as bytes
  let unknown: Unknown[] | null = null
  for (const name in raw) {
    const value = raw[name]
    if (!isKnownField(name)) unknown = addUnknown(unknown, name, value)
    else if (name.length === 4 && isObject(value) && name.toLowerCase() === 'body') {
      for (const inner in value) if (!isKnownField(inner)) unknown = addUnknown(unknown, `Body.${inner}`, value[inner])
    }
  }
  return unknown
}

/** A body of 256 KiB may have many unknown fields: those beyond the limit are combined into one. */
function addUnknown(unknown: Unknown[] | null, path: string, value: unknown): Unknown[] {
  const found = unknown ?? []
  if (found.length < MAX_FIELDS) found.push([maskName(path) ?? '?', value])
  else if (found.length === MAX_FIELDS) found.push([OTHER_FIELDS, ''])
  return found
}

function describeDrift(event: Event, unknown: readonly Unknown[], isTypeUnknown: boolean): Drift[] {
  const eventType = isObject(event.raw)
    ? fieldsOf(event.raw).eventType
    : event.type === 'unclassified'
      ? event.eventType
      : null
  const type = maskName(eventType) ?? ''
  const drifts = unknown.map(([field, value]) => ({ type, field, sample: shapeOf(value) }))
  return isTypeUnknown ? [{ type, field: '', sample: shapeOf(eventType) }, ...drifts] : drifts
}
