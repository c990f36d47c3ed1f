import type { BackfillJson } from '../api/admin/backfills.js'
import { DAY_MS } from '../lib/instant.js'
import { LINE_EVERY_MS, openBar, printAboveBar } from './progress.js'

export interface BackfillProgress {
  show: (backfill: BackfillJson, now: Date) => void
  /** Prints a line above the bar. */
  printAbove: (line: string) => void
  stop: () => void
}

const MINUTE_MS = 60_000

/** Shows the progress of a backfill on standard error: a bar on a terminal, otherwise a line from time to time. */
export function createBackfillProgress(): BackfillProgress {
  return process.stderr.isTTY ? bar() : lines()
}

function bar(): BackfillProgress {
  const shown = openBar('{bar} {percentage} % | {amount} | {doing}', { barsize: 25 })
  const doingOf = createDoing()
  let isStarted = false
  return {
    show: (backfill, now) => {
      if (!isStarted) shown.start(100, 0, { amount: '', doing: '' })
      isStarted = true
      shown.update(Math.floor(backfill.done * 100), { amount: amountOf(backfill), doing: doingOf(backfill, now) })
    },
    printAbove: line => printAboveBar(() => console.error(line)),
    stop: () => shown.stop()
  }
}

function lines(): BackfillProgress {
  const doingOf = createDoing()
  let last = { at: Number.NEGATIVE_INFINITY, waiting: null as string | null }
  return {
    show: (backfill, now) => {
      const [waiting, doing] = [waitingOf(backfill), doingOf(backfill, now)]
      if (waiting === last.waiting && (waiting !== null || now.getTime() - last.at < LINE_EVERY_MS)) return
      last = { at: now.getTime(), waiting }
      console.error(`${Math.floor(backfill.done * 100)} %, ${amountOf(backfill)}, ${doing}`)
    },
    printAbove: line => console.error(line),
    stop: () => {}
  }
}

function createDoing(): (backfill: BackfillJson, now: Date) => string {
  const left = createTimeLeft()
  return (backfill, now) =>
    backfill.state === 'running' ? (waitingOf(backfill) ?? left(backfill.done, now)) : backfill.state
}

/** `12 of 31 days, 340 rows, 41 requests` */
export function amountOf({
  since,
  until,
  done,
  routes
}: Pick<BackfillJson, 'since' | 'until' | 'done' | 'routes'>): string {
  const days = Math.max(1, Math.round((Date.parse(until) - Date.parse(since)) / DAY_MS))
  const sum = (of: 'rows' | 'requests') => routes.reduce((total, route) => total + route[of], 0)
  const daysDone = done === 1 ? String(days) : `${Math.floor(done * days)} of ${days}`
  return `${daysDone} days, ${sum('rows')} rows, ${sum('requests')} requests`
}

/** What a backfill waits for, or null when it is reading. Times are in the zone of this machine. */
export function waitingOf({ waiting }: Pick<BackfillJson, 'waiting'>): string | null {
  if (!waiting) return null
  const at = waiting.until === null ? null : timeOf(new Date(waiting.until))
  switch (waiting.code) {
    case 'MCS_QUOTA':
      return `waiting for quota until ${at}`
    case 'MCS_REST_BLOCKED':
      return `MightyCall accepts no requests until ${at}`
    case 'MCS_REST_UNAVAILABLE':
      return `MightyCall does not answer, retrying at ${at}`
    case 'MCS_NOT_PROJECTED':
      return 'waiting for the projector'
    default:
      return `waiting (${waiting.code})${at === null ? '' : `, retrying at ${at}`}`
  }
}

/** Estimates the time left from the progress since the first call. */
export function createTimeLeft(): (done: number, now: Date) => string {
  let first: { done: number; at: number } | null = null
  return (done, now) => {
    first ??= { done, at: now.getTime() }
    if (done <= first.done) return 'reading'
    const minutes = (((now.getTime() - first.at) / (done - first.done)) * (1 - done)) / MINUTE_MS
    if (minutes < 1) return 'less than a minute left'
    return minutes < 120 ? `${Math.round(minutes)} min left` : `${Math.round(minutes / 60)} h left`
  }
}

function timeOf(at: Date): string {
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`
}
