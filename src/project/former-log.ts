import type { Logger } from 'pino'
import type { EventReader, Subscription } from '../event-log/port.js'
import { type ProjectorOptions, startProjector } from './projector.js'

export interface FormerLogProjection {
  /** The id of the local log, whose records are projected now or soon. */
  logId: string
  subscription: Subscription
}

export type FormerLogOptions = Omit<ProjectorOptions, 'log'> & { log: EventReader; logger: Logger }

/**
 * projecting  records of the local log are still being projected
 * finished    the local log has been fully projected, and is closed
 */
type FormerLogState = 'projecting' | 'finished'

/**
 * Projects the records that an installation left in its local log when it moved to Kafka, since acknowledged records
 * must not be lost. It ends by itself at the end of the log, and does nothing when it runs again.
 */
export async function projectFormerLog(options: FormerLogOptions): Promise<FormerLogProjection> {
  const { log, logger } = options
  const logId = await log.id()
  let state: FormerLogState = 'projecting'
  let projector: Subscription | null = null
  let closing: Promise<void> | null = null
  const close = () =>
    (closing ??= (async () => {
      await projector?.close()
      await log.close()
    })())
  projector = await startProjector({
    ...options,
    onEnd: () => {
      if (state === 'finished') return
      state = 'finished'
      logger.info('the local log has been fully projected: from now on only Kafka is read')
      close().catch(err => logger.warn({ err }, 'the local log could not be closed'))
    }
  })
  return {
    logId,
    subscription: {
      trouble: () =>
        state === 'finished'
          ? null
          : `the local log is still being projected: ${projector?.trouble() ?? 'not finished'}`,
      close
    }
  }
}
