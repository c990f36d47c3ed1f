import { existsSync } from 'node:fs'
import type { Logger } from 'pino'
import { openLocalLog } from '../event-log/local/local-log.js'
import type { Subscription } from '../event-log/port.js'
import { type ProjectorOptions, startProjector } from './projector.js'

export interface LocalRest {
  /** Of the local log that is projected to its end, now or soon. */
  logId: string
  subscription: Subscription
}

export type LocalRestOptions = Omit<ProjectorOptions, 'log'> & { dir: string, logger: Logger }

/**
 * Projects what an installation that has moved to Kafka left in its local log: nothing acknowledged there may be lost.
 * Resolves with null when there is no such log. Ends by itself at the log's end, and changes nothing the next time.
 */
export async function projectLocalRest ({ dir, ...options }: LocalRestOptions): Promise<LocalRest | null> {
  if (!existsSync(dir)) return null
  const log = await openLocalLog({ dir, log: options.logger })
  const logId = await log.id()
  const [bounds] = await log.bounds('calls') // the same for every topic
  const last = (bounds?.end ?? 0n) - 1n
  let waiting = last >= (bounds?.first ?? 0n)
  let ended: Promise<void> | null = null
  let projector: Subscription | null = null
  const end = () => ended ??= (async () => {
    await projector?.close()
    await log.close()
  })()
  if (waiting) {
    projector = await startProjector({
      ...options,
      log,
      onProjected: (projected, batch) => {
        options.onProjected(projected, batch)
        if (batch.records.at(-1)?.offset !== last) return
        waiting = false
        options.logger.info({ records: String(last + 1n) }, 'the local log is projected to its end: from now on there is Kafka only')
        void end()
      }
    })
  } else await end()
  return { logId, subscription: { trouble: () => waiting ? `the local log is still being projected: ${projector?.trouble() ?? 'not finished'}` : null, close: end } }
}
