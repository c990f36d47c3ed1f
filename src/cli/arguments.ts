import { InvalidArgumentError } from 'commander'
import { COMMAND_LINE } from '../access/viewer.js'

// Of options: commander prints what is wrong, and which option it was.

export function parseRate(text: string): number {
  const rate = Number(text)
  if (!(rate > 0 && rate <= 100_000)) throw new InvalidArgumentError('It must be a number above 0, at most 100000.')
  return rate
}

export function parseShare(text: string): number {
  const share = Number(text)
  if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.')
  return share
}

export function parseWhole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return text => {
    const number = Number(text)
    if (!Number.isSafeInteger(number) || number < least || number > most)
      throw new InvalidArgumentError(
        `It must be a whole number from ${least} ${most === Number.MAX_SAFE_INTEGER ? 'on' : `to ${most}`}.`
      )
    return number
  }
}

/** Who an action comes from that was asked for by a command. */
export const AT_THE_COMMAND_LINE = COMMAND_LINE.actor

export function parseLetterId(text: string): string {
  if (!/^[0-9]{1,18}$/.test(text)) throw new InvalidArgumentError('It must be a number, as dead-letters prints it.')
  return text
}

export function parseLetterIds(text: string, earlier: string[] = []): string[] {
  return [...earlier, parseLetterId(text)]
}

/**
 * Aborted by the first Ctrl-C or SIGTERM, for work that ends between two steps; a second one ends the process at once.
 */
export function interruption(): AbortSignal {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted) process.exit(130)
      abort.abort()
    })
  }
  return abort.signal
}
