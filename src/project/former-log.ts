import type { Logger } from 'pino'
import type { EventReader, Subscription } from '../event-log/port.js'
import { type ProjectorOptions, startProjector } from './projector.js'

export interface LocalRest {
  /** Of the local log that is projected to its end, now or soon. */
  logId: string
  subscription: Subscription
}

export type LocalRestOptions = Omit<ProjectorOptions, 'log'> & { log: EventReader; logger: Logger }

/**
 * Projects what an installation that has moved to Kafka left in its local log: nothing acknowledged there may be lost.
 * Ends by itself at the log's end, and changes nothing the next time.
 */
export async function projectLocalRest(options: LocalRestOptions): Promise<LocalRest> {
  const { log } = options
  const logId = await log.id()
  let waiting = true
  let ended: Promise<void> | null = null
  let projector: Subscription | null = null
  const end = () =>
    (ended ??= (async () => {
      await projector?.close()
      await log.close()
    })())
  projector = await startProjector({
    ...options,
    onEnd: () => {
      if (!waiting) return
      waiting = false
      options.logger.info('the local log is projected to its end: from now on there is Kafka only')
      end().catch(err => options.logger.warn({ err }, 'the local log could not be closed'))
    }
  })
  return {
    logId,
    subscription: {
      trouble: () =>
        waiting ? `the local log is still being projected: ${projector?.trouble() ?? 'not finished'}` : null,
      close: end
    }
  }
}
