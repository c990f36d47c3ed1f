import type { Logger } from 'pino'
import { backOffMs, pause } from './backoff.js'

/** Something that works, or says why not. */
export interface Part {
  trouble: () => string | null | Promise<string | null>
  close: () => Promise<void>
}

export interface Later extends Part {
  /** Resolves after the first try, whether or not it succeeded. */
  tried: Promise<void>
  /** Why it has not started yet, or null. */
  waitsFor: () => string | null
}

/**
 * Starts a part, and tries again until it succeeds or is closed: a server that is not there yet must not keep the
 * others from working.
 * @param name  for the log
 */
export function startLater(name: string, start: () => Promise<Part>, logger: Logger): Later {
  const stop = new AbortController()
  let part: Part | null = null
  let problem: string | null = 'is starting'
  let told = () => {}
  const tried = new Promise<void>(resolve => {
    told = resolve
  })

  async function run(): Promise<void> {
    for (let tries = 1; !stop.signal.aborted; tries++) {
      try {
        part = await start()
        if (tries > 1) logger.info({ part: name }, 'started at last')
        return told()
      } catch (err) {
        const said = reasonOf(err)
        if (said !== problem)
          logger.error(
            { alarm: 'not-started', part: name, problem: said },
            'a part of the service cannot start yet, trying again'
          )
        problem = said
        told()
        await pause(backOffMs(tries, { first: 250, most: 2_000 }), stop.signal)
      }
    }
  }

  const running = run()
  return {
    tried,
    waitsFor: () => (part ? null : problem),
    trouble: () => (part ? part.trouble() : problem),
    close: async () => {
      stop.abort()
      await running
      await part?.close()
    }
  }
}

/** For work that is done once: what starts has nothing to say afterwards. */
export const DONE: Part = { trouble: () => null, close: async () => {} }

/** Shares one run among those who ask at once, and keeps a success for ever. */
export function untilDone(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  return () => {
    running ??= work().catch(err => {
      running = null
      throw err
    })
    return running
  }
}

/** Our own errors say what to do; another's message may quote what it was given. */
function reasonOf(err: unknown): string {
  if (!(err instanceof Error)) return 'unknown trouble'
  const { code } = err as { code?: unknown }
  return typeof code === 'string' && code.startsWith('MCS_')
    ? err.message
    : `${typeof code === 'string' ? code : err.name}`
}
