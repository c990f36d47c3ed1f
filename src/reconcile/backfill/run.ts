import type pg from 'pg'
import type { Account } from '../../accounts/accounts.js'
import type { Event } from '../../events/event.js'
import { backOffMs, pause } from '../../lib/backoff.js'
import type { Clock } from '../../lib/clock.js'
import { passCrashPoint } from '../../lib/crash-points.js'
import type { Rest } from '../../mightycall/rest/rest.js'
import type { AcceptPage } from '../accept-page.js'
import { areProjected } from '../await-projection.js'
import { accountContext, readInterval } from '../read-route.js'
import type { AccountContext, Interval, RouteReader } from '../route-reader.js'
import { BACKFILL_ROUTES, type Backfill, type BackfillRouteName } from './backfill.js'
import { nextChunk, nextDays } from './chunks.js'
import { countRequest, saveProgress, saveWaiting } from './store.js'
import { createWaitingClient } from './waiting-client.js'

export interface RunBackfillOptions {
  pool: pg.Pool
  append: AcceptPage
  rest: Rest
  readers: readonly RouteReader[]
  clock: Clock
}

export interface BackfillRun {
  account: Account
  backfill: Backfill
  /** Ends it between two pages, or while it waits. */
  signal: AbortSignal
  /** A chunk was read, and can be queried. */
  onChunk: () => void
}

/**
 * The starts of one call may lie on both sides of a midnight: what the journal's rows are joined to is read from a
 * little before.
 */
const BEFORE_MS = 60_000
/** A voicemail is left until the end of its call. */
const AFTER_MS = 60 * 60_000
const PROJECTED_EVERY = { first: 50, most: 2_000 }
/** A projector that is behind by more is in trouble of its own. */
const PATIENCE_MS = 60_000

/**
 * Reads what a backfill has left, chunk by chunk. Of a chunk, calls and voicemails are read before the journal, and
 * projected, since its rows are
 * joined to theirs. What was read is noted once it can be queried: whoever dies before reads the chunk again, and
 * appends nothing twice.
 * @throws what ended it: the signal's reason, what MightyCall refuses, and all that passes and is not MightyCall's
 */
export async function runBackfill(
  parts: RunBackfillOptions,
  { account, backfill, signal, onChunk }: BackfillRun
): Promise<void> {
  const { id, interval } = backfill
  const readFrom = new Map(backfill.routes.map(({ route, readFrom }) => [route, readFrom]))
  const fromOf = (route: BackfillRouteName) => readFrom.get(route) ?? interval.until
  for (let days = 1; ; ) {
    const chunk = nextChunk(interval, fromOf('journal'), days)
    if (!chunk) return
    let rows = 0
    for (const routes of [BACKFILL_ROUTES.slice(0, -1), BACKFILL_ROUTES.slice(-1)]) {
      const left = routes.filter(route => fromOf(route) > chunk.from)
      const read = await readRoutes(
        parts,
        { account, backfill, signal },
        left.map(route => ({ route, chunk: { from: chunk.from, until: fromOf(route) } }))
      )
      passCrashPoint('between-chunk-and-progress')
      for (const { route, rows: count } of read) {
        await saveProgress(parts.pool, id, { route, readFrom: chunk.from, rows: count })
        readFrom.set(route, chunk.from)
        rows += count
      }
    }
    onChunk()
    days = nextDays(days, rows)
  }
}

type ChunkRun = Omit<BackfillRun, 'onChunk'>

/** Reads a chunk of each route; resolves when it can be queried. */
async function readRoutes(
  parts: RunBackfillOptions,
  job: ChunkRun,
  todo: readonly { route: BackfillRouteName; chunk: Interval }[]
) {
  const appended: Event[] = []
  const append: AcceptPage = async facts => {
    const events = await parts.append(facts, { isPast: true })
    appended.push(...events)
    return events
  }
  const read: { route: BackfillRouteName; rows: number }[] = []
  for (const { route, chunk } of todo) {
    const reader = parts.readers.find(candidate => candidate.route === route)
    if (!reader) throw new TypeError(`nobody reads ${route}`)
    const { rows } = await readInterval(
      { pool: parts.pool, append },
      { reader, scope: null, context: waitingContext(parts, job, route) },
      widened(route, chunk, { now: parts.clock.now(), end: job.backfill.interval.until })
    )
    read.push({ route, rows })
  }
  await awaitChunkProjection(parts.pool, appended, job)
  return read
}

function widened(
  route: BackfillRouteName,
  { from, until }: Interval,
  { now, end }: { now: Date; end: Date }
): Interval {
  if (route === 'journal') return { from, until }
  const isLast = route === 'voicemails' && until >= end
  return {
    from: new Date(from.getTime() - BEFORE_MS),
    until: isLast ? new Date(Math.max(until.getTime(), Math.min(until.getTime() + AFTER_MS, now.getTime()))) : until
  }
}

function waitingContext(
  { pool, rest, clock }: RunBackfillOptions,
  { account, backfill: { id }, signal }: ChunkRun,
  route: BackfillRouteName
): AccountContext {
  const context = accountContext({ rest, clock }, account, 'backfill')
  return {
    ...context,
    clientOf: extension =>
      createWaitingClient(context.clientOf(extension), {
        now: clock.now,
        onRequest: async () => {
          await countRequest(pool, id, route)
          signal.throwIfAborted()
        },
        waitUntil: async (until, code) => {
          signal.throwIfAborted()
          await saveWaiting(pool, id, { code, until })
          await clock.wait(until.getTime() - clock.now().getTime(), signal)
          signal.throwIfAborted()
          await saveWaiting(pool, id, null)
        }
      })
  }
}

/** For as long as it takes: to go on would be to read the journal before what its rows are joined to. */
async function awaitChunkProjection(
  pool: pg.Pool,
  events: readonly Event[],
  { backfill: { id }, signal }: ChunkRun
): Promise<void> {
  const begun = performance.now()
  let isTold = false
  for (let tries = 1; events.length > 0 && !(await areProjected(pool, events)); tries++) {
    if (!isTold && performance.now() - begun > PATIENCE_MS) {
      await saveWaiting(pool, id, { code: 'MCS_NOT_PROJECTED', until: null })
      isTold = true
    }
    await pause(backOffMs(tries, PROJECTED_EVERY), signal)
    signal.throwIfAborted()
  }
  if (isTold) await saveWaiting(pool, id, null)
}
