import { type Level, type Logger, pino } from 'pino'

/** Creates a logger that passes each line to `onLine`. */
export function createLineLogger(level: Level, onLine: (line: string) => void): Logger {
  return pino({ level }, { write: onLine })
}
