import { InvalidArgumentError } from 'commander'
import { COMMAND_LINE } from '../access/viewer.js'

/** Who an action comes from that was asked for by a command. */
export const AT_THE_COMMAND_LINE = COMMAND_LINE.actor

export function parseLetterId (text: string): string {
  if (!/^[0-9]{1,18}$/.test(text)) throw new InvalidArgumentError('It must be a number, as dead-letters prints it.')
  return text
}

export function parseLetterIds (text: string, earlier: string[] = []): string[] {
  return [...earlier, parseLetterId(text)]
}
