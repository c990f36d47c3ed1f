import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { stuckPartitions } from './checkers/stuck.js'
import { checkpointsOf } from './evidence.js'
import type { Installation } from './installation.js'
import type { LogView } from './log-view.js'

/** Once no fault is left, all of it has to be well within such a time. */
const SETTLE_MS = 60_000
const METRICS_MS = 2_000
const EVERY_MS = 50

/**
 * Null once every process is ready, no spool holds anything, and every record is projected; otherwise what was still
 * amiss when the time was over.
 */
export async function settle(
  installation: Installation,
  { pool, view }: { pool: pg.Pool; view: LogView },
  withinMs = SETTLE_MS
): Promise<string | null> {
  const end = performance.now() + withinMs
  for (;;) {
    const amiss = await amissIn(installation, pool, view).catch((err: Error) => err.message)
    if (amiss === null) return null
    if (performance.now() > end) return `not well within ${withinMs / 1000} s: ${amiss}`
    await sleep(EVERY_MS)
  }
}

async function amissIn(
  { processes, receiver, adminKey }: Installation,
  pool: pg.Pool,
  view: LogView
): Promise<string | null> {
  for (const process of processes) if (!(await process.isReady())) return `the ${process.name} is not ready`
  const spoolBytes = await spoolBytesOf(receiver.url, adminKey)
  if (spoolBytes > 0) return `${spoolBytes} bytes are spooled`
  if (!(await view.isWhole())) return 'the log is still read'
  const [stuck] = stuckPartitions(view.records, await checkpointsOf(pool))
  return stuck ?? null
}

/** 0 for a service that has no spool. */
export async function spoolBytesOf(url: string, adminKey: string): Promise<number> {
  const answer = await fetch(`${url}/metrics`, {
    headers: { authorization: `Bearer ${adminKey}` },
    signal: AbortSignal.timeout(METRICS_MS)
  })
  return Number(/^mcs_spool_bytes(?:\{[^}]*\})? (\S+)$/m.exec(await answer.text())?.[1] ?? 0)
}
