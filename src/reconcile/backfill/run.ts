import type pg from 'pg'
import type { Account } from '../../accounts/accounts.js'
import type { Event } from '../../events/event.js'
import { backOffMs, pause } from '../../lib/backoff.js'
import type { Clock } from '../../lib/clock.js'
import { passCrashPoint } from '../../lib/crash-points.js'
import type { Rest } from '../../mightycall/rest/rest.js'
import type { AcceptPage } from '../accept-page.js'
import { areProjected, PROJECTION_TIMEOUT_MS } from '../await-projection.js'
import { accountContext, readInterval } from '../read-route.js'
import type { AccountContext, Interval, RouteReader } from '../route-reader.js'
import { BACKFILL_READERS, type Backfill } from './backfill.js'
import { nextChunk, nextDays } from './chunks.js'
import { countRequest, saveProgress, saveWaiting } from './store.js'
import { createWaitingClient } from './waiting-client.js'

export interface RunBackfillOptions {
  pool: pg.Pool
  append: AcceptPage
  rest: Rest
  clock: Clock
}

export interface BackfillRun {
  account: Account
  backfill: Backfill
  /** Ends the run between two pages or while it waits. */
  signal: AbortSignal
  /** Called when a chunk was read and can be queried. */
  onChunk: () => void
}

const CHECK_PROJECTION_EVERY = { first: 10, most: 2_000 }
/** Routes that others link to are read before these. */
const STEPS = [
  BACKFILL_READERS.filter(({ linksTo }) => linksTo.length === 0),
  BACKFILL_READERS.filter(({ linksTo }) => linksTo.length > 0)
]

/**
 * Reads what is left of a backfill, chunk by chunk. Within a chunk, calls and voicemails are read and projected before
 * the journal, whose rows are linked to them. Progress is saved once a chunk can be queried: after a crash the chunk is
 * read again, and facts that were appended already are recognized.
 *
 * @throws the signal's reason, the refusal of MightyCall that ends the backfill, or an error that is not MightyCall's
 */
export async function runBackfill(
  options: RunBackfillOptions,
  { account, backfill, signal, onChunk }: BackfillRun
): Promise<void> {
  const { id, interval } = backfill
  const readFrom = new Map(backfill.routes.map(({ route, readFrom }) => [route, readFrom]))
  const fromOf = ({ route }: RouteReader) => readFrom.get(route) ?? interval.until
  for (let days = 1; ; ) {
    const furthestBehind = new Date(Math.max(...BACKFILL_READERS.map(reader => fromOf(reader).getTime())))
    const chunk = nextChunk(interval, furthestBehind, days)
    if (!chunk) return
    let rows = 0
    for (const readers of STEPS) {
      const left = readers.filter(reader => fromOf(reader) > chunk.from)
      const read = await readRoutes(
        options,
        { account, backfill, signal },
        left.map(reader => ({ reader, chunk: { from: chunk.from, until: fromOf(reader) } }))
      )
      passCrashPoint('between-chunk-and-progress')
      for (const { route, rows: count } of read) {
        await saveProgress(options.pool, id, { route, readFrom: chunk.from, rows: count })
        readFrom.set(route, chunk.from)
        rows += count
      }
    }
    onChunk()
    days = nextDays(days, rows)
  }
}

type ChunkRun = Omit<BackfillRun, 'onChunk'>

/** Reads a chunk of each of these routes, and resolves when it can be queried. */
async function readRoutes(
  options: RunBackfillOptions,
  run: ChunkRun,
  chunks: readonly { reader: RouteReader; chunk: Interval }[]
): Promise<{ route: string; rows: number }[]> {
  const appended: Event[] = []
  const append: AcceptPage = async facts => {
    const events = await options.append(facts, { isPast: true })
    appended.push(...events)
    return events
  }
  const read: { route: string; rows: number }[] = []
  for (const { reader, chunk } of chunks) {
    const { rows } = await readInterval(
      { pool: options.pool, append, awaitProjected: () => awaitChunkProjection(options.pool, appended, run) },
      { reader, scope: null, context: waitingContext(options, run, reader.route) },
      widened(reader, chunk, { now: options.clock.now(), end: run.backfill.interval.until })
    )
    read.push({ route: reader.route, rows })
  }
  await awaitChunkProjection(options.pool, appended, run)
  return read
}

/** The interval that is asked for, so that every row of the chunk finds the call and the voicemail that it links to. */
function widened(
  { history }: RouteReader,
  { from, until }: Interval,
  { now, end }: { now: Date; end: Date }
): Interval {
  const { beforeMs, afterMs } = history ?? { beforeMs: 0, afterMs: 0 }
  const untilMs = until.getTime()
  const isLast = until >= end // the chunks after any other one were read already
  return {
    from: new Date(from.getTime() - beforeMs),
    until: isLast ? new Date(Math.max(untilMs, Math.min(untilMs + afterMs, now.getTime()))) : until
  }
}

/** The context of a client that waits for the quota, and that counts its requests. */
function waitingContext(
  { pool, rest, clock }: RunBackfillOptions,
  { account, backfill: { id }, signal }: ChunkRun,
  route: string
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

/**
 * Waits without a limit: going on would read the journal before the calls and voicemails that its rows link to. When it
 * takes long, the backfill shows that it waits for the projector.
 */
async function awaitChunkProjection(
  pool: pg.Pool,
  events: readonly Event[],
  { backfill: { id }, signal }: ChunkRun
): Promise<void> {
  const startedAt = performance.now()
  let isShown = false
  for (let tries = 1; events.length > 0 && !(await areProjected(pool, events)); tries++) {
    if (!isShown && performance.now() - startedAt > PROJECTION_TIMEOUT_MS) {
      await saveWaiting(pool, id, { code: 'MCS_NOT_PROJECTED', until: null })
      isShown = true
    }
    await pause(backOffMs(tries, CHECK_PROJECTION_EVERY), signal)
    signal.throwIfAborted()
  }
  if (isShown) await saveWaiting(pool, id, null)
}
