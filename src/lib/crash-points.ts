/**
 * Places where a crash is worth a test: what went before is done, what comes after is not. A new one is a line here and
 * a call there.
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

let armed: { name: string; passings: number } | null = null

/**
 * Makes this process kill itself at a crash point; only tests ask for that.
 * @param wanted  `<name>`, or `<name>:<n>` for the n-th time that it is passed
 */
export function armCrashPoint(wanted: string | undefined): void {
  if (!wanted) return
  const [name = '', n = '1'] = wanted.split(':')
  if (!CRASH_POINTS.some(known => known === name)) throw new RangeError(`there is no crash point ${name}`)
  armed = { name, passings: Number(n) }
}

export function passCrashPoint(name: CrashPoint): void {
  if (armed?.name !== name) return
  armed.passings--
  if (armed.passings === 0) process.kill(process.pid, 'SIGKILL') // not exit: nothing may be finished, flushed or closed
}
