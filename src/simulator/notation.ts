import type { CallScript, Step } from './call-script.js'
import { formatInstant } from './instant.js'

// What both families of notifications have in common.

/** The key of the documentation's examples: nobody's. */
export const SIMULATED_API_KEY = '8a77c828-31c2-492a-b0c1-224cd94e9c3b'

const NIL = '00000000-0000-0000-0000-000000000000'
const PLACEHOLDER: Record<Step['event'], number> = {
  Call: 1,
  Ringing: 2,
  StopRinging: 3,
  Connected: 4,
  LegCompleted: 5,
  Completed: 5
}

/** UTC with seven fractional digits. */
export function timestampOf(at: number, subMilliseconds: number): string {
  return `${formatInstant(at).slice(0, -1)}${String(subMilliseconds).padStart(4, '0')}Z`
}

/** Nil in outgoing ones, and shared by all calls in others: no identity. */
export function guidOf({ family, event }: Step): string {
  return family === 'Outgoing' ? NIL : `${NIL.slice(0, -1)}${PLACEHOLDER[event]}`
}

/** A text in the documentation, a number in the field. */
export function extensionValue({ random }: CallScript, extension: string): string | number {
  return random.chance(0.15) ? Number(extension) : extension
}
