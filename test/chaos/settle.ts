import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { stuckPartitions } from './checkers/stuck.js'
import { checkpointsOf } from './evidence.js'
import type { Installation } from './installation.js'
import type { LogView } from './log-view.js'

/** The time for recovery after the last fault. */
const SETTLE_MS = 60_000
const METRICS_TIMEOUT_MS = 2_000
const POLL_MS = 50

/**
 * Waits until every process is ready, the spool is empty and every record is projected. Resolves with null, or with the
 * remaining problem when the time is over.
 */
export async function settle(
  installation: Installation,
  { pool, view }: { pool: pg.Pool; view: LogView },
  timeoutMs = SETTLE_MS
): Promise<string | null> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const problem = await findProblem(installation, pool, view).catch((err: Error) => err.message)
    if (problem === null) return null
    if (performance.now() > end) return `not recovered within ${timeoutMs / 1000} s: ${problem}`
    await sleep(POLL_MS)
  }
}

async function findProblem(
  { processes, receiver, adminKey }: Installation,
  pool: pg.Pool,
  view: LogView
): Promise<string | null> {
  for (const process of processes) if (!(await process.isReady())) return `the ${process.name} is not ready`
  const spoolBytes = await spoolBytesOf(receiver.url, adminKey)
  if (spoolBytes > 0) return `${spoolBytes} bytes are spooled`
  if (!(await view.isComplete())) return 'the log is still being read'
  const [stuck] = stuckPartitions(view.records, await checkpointsOf(pool))
  return stuck ?? null
}

/** Returns the size of the spool; 0 for a service without a spool. */
export async function spoolBytesOf(url: string, adminKey: string): Promise<number> {
  const answer = await fetch(`${url}/metrics`, {
    headers: { authorization: `Bearer ${adminKey}` },
    signal: AbortSignal.timeout(METRICS_TIMEOUT_MS)
  })
  return Number(/^mcs_spool_bytes(?:\{[^}]*\})? (\S+)$/m.exec(await answer.text())?.[1] ?? 0)
}
