import { Command } from 'commander'
import { loadConfig } from '../config/config.js'
import { discard } from '../project/dead-letters/discard.js'
import { withDatabase } from '../cli/database.js'
import { AT_THE_COMMAND_LINE, parseLetterId } from './letter-id.js'

const EXAMPLES = `
Examples:
  $ mightycall-stream discard 12 --reason "a test of somebody else's"

The letter is kept, with the reason, and can still be redriven.`

export function discardCommand (environment: NodeJS.ProcessEnv): Command {
  return new Command('discard')
    .description('note that a dead letter needs nothing more')
    .argument('<id>', 'as dead-letters prints it', parseLetterId)
    .requiredOption('--reason <text>', 'why, for those who read it later')
    .addHelpText('after', EXAMPLES)
    .action(async (id: string, { reason }: { reason: string }) => {
      const changed = await withDatabase(loadConfig(environment), pool => discard(id, { pool, now: new Date(), by: AT_THE_COMMAND_LINE, reason }))
      console.log(changed ? `discarded ${id}` : `${id} had been discarded before`)
    })
}
