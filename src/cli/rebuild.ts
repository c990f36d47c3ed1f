import { Command } from 'commander'
import { loadConfig } from '../config/config.js'
import { systemClock } from '../lib/clock.js'
import type { Chunk } from '../project/rebuild/chunk.js'
import type { Difference } from '../project/rebuild/compare.js'
import { type Rebuilt, rebuild } from '../project/rebuild/rebuild.js'
import { interruptSignal } from './arguments.js'
import { accountSettings, withDatabase } from './database.js'
import { createProgress } from './progress.js'

interface RebuildCommandOptions {
  dryRun: boolean
  restart: boolean
  json: boolean
}

const EXAMPLES = `
Examples:
  $ mightycall-stream rebuild --dry-run         compare every row with its events, change nothing
  $ mightycall-stream rebuild                   correct rows that differ; continue an interrupted rebuild
  $ mightycall-stream rebuild --dry-run --json  one JSON object a line for each difference, for programs

The service may keep running. Events are parsed again by the present version. Each row that differs is printed, without
its values.
Exit codes: 0 all rows are correct (now), 1 a dry run found differences or an entity could not be folded,
130 interrupted.`

export function rebuildCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('rebuild')
    .description('rebuild the read models from the stored events')
    .option('-n, --dry-run', 'only report what differs', false)
    .option('--restart', 'start from the beginning, even when a rebuild was interrupted', false)
    .option('--json', 'print differences as JSON', false)
    .addHelpText('after', EXAMPLES)
    .action(async (options: RebuildCommandOptions) => {
      const config = loadConfig(environment)
      const abort = interruptSignal()
      process.exitCode = await withDatabase(config, async pool => {
        const settings = await accountSettings(config, pool)
        const progress = createProgress('events')
        const print = (line: string) => progress.printAbove(() => console.log(line))
        const rebuilt = await rebuild({
          pool,
          settings,
          dryRun: options.dryRun,
          restart: options.restart,
          now: systemClock.now,
          signal: abort,
          onStart: ({ resumed, entitiesDone, entities }) => {
            if (resumed) print(`continuing after ${entitiesDone} of ${entities} entities`)
            progress.start(entities, entitiesDone)
          },
          onChunk: ({ entities, events }: Chunk) => progress.advance(entities, events),
          onDifference: difference => print(lineOf(difference, options.json))
        }).finally(progress.stop)
        if (!options.json) console.log(summaryOf(rebuilt, options.dryRun))
        return exitCodeOf(rebuilt, options.dryRun)
      })
    })
}

/** Masks phone numbers, since the output may be kept in a log. */
function lineOf({ table, account, entity, fields }: Difference, json: boolean): string {
  const named = entity.replace(/\+\d{4,}(?=\d{3})/g, number => `+${'*'.repeat(number.length - 1)}`)
  return json
    ? JSON.stringify({ table, account, entity: named, fields })
    : `differs: ${table} ${account} ${named}: ${fields.join(', ')}`
}

function summaryOf({ entities, events, differences, failures, finished }: Rebuilt, dryRun: boolean): string {
  const failed = failures.length === 0 ? '' : `, ${failures.length} entities could not be folded (see entities.failed)`
  const corrected = dryRun || differences === 0 ? '' : ', corrected'
  const found = `${differences} differing row${differences === 1 ? '' : 's'}${corrected}`
  const ending = finished ? 'done' : 'interrupted, the next rebuild continues here'
  return `${ending}: ${entities} entities, ${events} events, ${found}${failed}`
}

function exitCodeOf({ differences, failures, finished }: Rebuilt, dryRun: boolean): number {
  if (!finished) return 130
  return failures.length > 0 || (dryRun && differences > 0) ? 1 : 0
}
