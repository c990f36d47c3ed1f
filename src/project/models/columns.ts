/** An instant of a fold as the database takes it. */
export function iso (millis: number): string
export function iso (millis: number | null): string | null
export function iso (millis: number | null): string | null {
  return millis === null ? null : new Date(millis).toISOString()
}

/** An instant of an event as a fold counts it. */
export function millisOf (instant: string): number
export function millisOf (instant: string | null): number | null
export function millisOf (instant: string | null): number | null {
  return instant === null ? null : Date.parse(instant)
}
