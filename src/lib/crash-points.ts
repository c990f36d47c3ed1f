/**
 * Places in the code where tests crash the process, between two steps that must survive a crash. To add one, add its
 * name here and call `passCrashPoint` at the place.
 */
export const CRASH_POINTS = [
  'after-append-before-ack',
  'between-drain-and-trim',
  'after-events-before-rows',
  'after-rows-before-checkpoint',
  'after-checkpoint-before-commit',
  'after-commit-before-resolve',
  'between-page-and-cursor',
  'between-chunk-and-progress'
] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

let armed: { name: string; passesLeft: number } | null = null

/**
 * Makes this process kill itself at a crash point. Used by tests only.
 * @param wanted  `<name>`, or `<name>:<n>` to crash at the n-th pass
 */
export function armCrashPoint(wanted: string | undefined): void {
  if (!wanted) return
  const [name = '', n = '1'] = wanted.split(':')
  if (!CRASH_POINTS.some(known => known === name)) throw new RangeError(`there is no crash point ${name}`)
  armed = { name, passesLeft: Number(n) }
}

export function passCrashPoint(name: CrashPoint): void {
  if (armed?.name !== name) return
  armed.passesLeft--
  // not process.exit(): nothing may be finished, flushed or closed
  if (armed.passesLeft === 0) process.kill(process.pid, 'SIGKILL')
}
