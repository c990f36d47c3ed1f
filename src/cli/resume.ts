import { Command } from 'commander'
import { loadConfig } from '../config/config.js'
import { systemClock } from '../lib/clock.js'
import { resumeProjector } from '../project/breaker/stops.js'
import { COMMAND_LINE_ACTOR } from './arguments.js'
import { withDatabase } from './database.js'

const EXAMPLES = `
Examples:
  $ mightycall-stream resume

The projector stops by itself when more than 1 % of the last 2,000 records, and at least 20, would become dead letters
or could not be folded. The usual cause is an update, which should be rolled back first. Nothing is lost meanwhile.
resume lets the batch at which the projector stopped pass, whatever it contains, and resets the counters. The service
continues within some seconds.`

export function resumeCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('resume')
    .description('resume a projector that has stopped by itself')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const config = loadConfig(environment)
      const stop = await withDatabase(config, pool =>
        resumeProjector(pool, config.groupId, { now: systemClock.now(), by: COMMAND_LINE_ACTOR })
      )
      console.log(
        stop
          ? `resumed: records of ${stop.topic}/${stop.partition} pass until @${stop.lastOffset}`
          : 'the projector is not stopped'
      )
    })
}
