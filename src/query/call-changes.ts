import type { CallShape } from '../api/calls/schema.js'

/** A field of a call, `state` or `legs[101#1].connectedAt`, and its values. */
export interface Change {
  field: string
  from: unknown
  to: unknown
}

type Leg = CallShape['legs'][number]

/** What is the same whatever comes (the key), counts every arrival (sources) or hangs on the moment of asking (stale) is no change. */
const FIELDS = ['direction', 'state', 'outcome', 'businessNumber', 'client', 'startedAt', 'answeredAt', 'endedAt', 'waitSeconds', 'talkSeconds', 'answeredBy', 'recording'] as const satisfies (keyof CallShape)[]
const LEG_FIELDS = ['role', 'ringingAt', 'connectedAt', 'endedAt', 'result'] as const satisfies (keyof Leg)[]

/** What differs between two states of one call, field by field; null: there was none. A leg that was not there had only nulls. */
export function changesBetween (before: CallShape | null, after: CallShape | null): Change[] {
  return [...differences('', FIELDS, before, after), ...legChanges(before?.legs ?? [], after?.legs ?? [])]
}

function legChanges (before: readonly Leg[], after: readonly Leg[]): Change[] {
  const [old, current] = [byName(before), byName(after)]
  return [...new Set([...old.keys(), ...current.keys()])].flatMap(name => differences(`legs[${name}].`, LEG_FIELDS, old.get(name) ?? null, current.get(name) ?? null))
}

function byName (legs: readonly Leg[]): Map<string, Leg> {
  return new Map(legs.map(leg => [nameOf(leg), leg]))
}

/** `101#1`: the first attempt at 101. */
function nameOf ({ extension, attempt }: Leg): string {
  return `${extension ?? ''}#${attempt}`
}

function differences<T extends object> (path: string, fields: readonly (keyof T & string)[], before: T | null, after: T | null): Change[] {
  return fields.flatMap(field => {
    const from = before?.[field] ?? null
    const to = after?.[field] ?? null
    return from === to || JSON.stringify(from) === JSON.stringify(to) ? [] : [{ field: `${path}${field}`, from, to }]
  })
}
