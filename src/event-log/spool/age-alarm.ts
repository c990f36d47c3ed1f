import type { Logger } from 'pino'

/** Records that wait for long need a person, though nothing is refused. */
export interface AgeAlarm {
  start: () => void
  stop: () => void
}

const AGAIN_MS = 3_600_000

export function createAgeAlarm (maxAgeMs: number, log: Logger): AgeAlarm {
  let timer: NodeJS.Timeout | undefined
  let startedAt = 0
  const look = () => {
    log.error({ alarm: 'spool-old', hours: Math.floor((performance.now() - startedAt) / 3_600_000) }, 'notifications wait in the spool for long: see to Kafka')
    timer = setTimeout(look, AGAIN_MS).unref()
  }
  return {
    start: () => {
      startedAt = performance.now()
      timer = setTimeout(look, maxAgeMs).unref()
    },
    stop: () => clearTimeout(timer)
  }
}
