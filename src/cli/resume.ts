import { Command } from 'commander'
import { loadConfig } from '../config/config.js'
import { systemClock } from '../lib/clock.js'
import { resumeProjector } from '../project/breaker/stops.js'
import { AT_THE_COMMAND_LINE } from './arguments.js'
import { withDatabase } from './database.js'

const EXAMPLES = `
Examples:
  $ mightycall-stream resume

The projector stops by itself when more than 1 % of the last 2,000 records, and at least 20, would become dead letters or could not be
folded: mostly an update did it, which should be taken back first. Nothing is lost meanwhile. The batch at which it stopped is then let
through, whatever it holds, and counting begins anew. The service goes on within some seconds.`

export function resumeCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('resume')
    .description('let a projector go on that has stopped by itself')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const config = loadConfig(environment)
      const stop = await withDatabase(config, pool =>
        resumeProjector(pool, config.groupId, { now: systemClock.now(), by: AT_THE_COMMAND_LINE })
      )
      console.log(
        stop
          ? `resumed: records of ${stop.topic}/${stop.partition} are let through until @${stop.lastOffset}`
          : 'it had not stopped'
      )
    })
}
