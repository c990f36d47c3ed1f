import { InvalidArgumentError } from 'commander'
import { COMMAND_LINE } from '../access/viewer.js'

// Parsers of options. Commander prints their message with the name of the option.

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

export function parseInteger(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return text => {
    const number = Number(text)
    if (!Number.isSafeInteger(number) || number < least || number > most)
      throw new InvalidArgumentError(
        `It must be a whole number from ${least} ${most === Number.MAX_SAFE_INTEGER ? 'on' : `to ${most}`}.`
      )
    return number
  }
}

/** The actor of what a command does, in the audit log. */
export const COMMAND_LINE_ACTOR = COMMAND_LINE.actor

export function parseLetterId(text: string): string {
  if (!/^[0-9]{1,18}$/.test(text)) throw new InvalidArgumentError('It must be a number, as dead-letters prints it.')
  return text
}

export function parseLetterIds(text: string, earlier: string[] = []): string[] {
  return [...earlier, parseLetterId(text)]
}

/**
 * Returns a signal that the first Ctrl-C or SIGTERM aborts, for work that stops between two steps. A second one ends
 * the process at once.
 */
export function interruptSignal(): AbortSignal {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted) process.exit(130)
      abort.abort()
    })
  }
  return abort.signal
}
