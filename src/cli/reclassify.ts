import { Command } from 'commander'
import type pg from 'pg'
import { type Config, loadConfig } from '../config/config.js'
import { countUnclassified, type Reclassified, reclassify } from '../project/reclassify.js'
import { accountSettings, withDatabase } from './database.js'
import { openBar } from './progress.js'

const EXAMPLES = `
Examples:
  $ mightycall-stream reclassify --dry-run             count events whose type is known by now
  $ mightycall-stream reclassify

For use after an update that knows more notifications of MightyCall. The service may keep running; the command may be
stopped at any time and run again. Notifications with another ApiKey stay unclassified.`

export function reclassifyCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('reclassify')
    .description('give unclassified events the types that are known by now')
    .option('--dry-run', 'only print what would be done', false)
    .addHelpText('after', EXAMPLES)
    .action(async ({ dryRun }: { dryRun: boolean }) => {
      const config = loadConfig(environment)
      const done = await withDatabase(config, pool => withProgress(pool, config, dryRun))
      console.log(summary(done, dryRun))
      if (done.failures.length > 0) process.exitCode = 1
    })
}

/** Shows a bar on stderr when it is a terminal. */
async function withProgress(pool: pg.Pool, config: Config, dryRun: boolean): Promise<Reclassified> {
  const settings = await accountSettings(config, pool)
  if (!process.stderr.isTTY) return reclassify({ pool, settings, dryRun })
  const bar = openBar('{bar} {percentage} % of {total} unclassified events | {eta_formatted} left')
  bar.start(await countUnclassified(pool), 0)
  return reclassify({ pool, settings, dryRun, onProgress: read => bar.update(read) }).finally(() => bar.stop())
}

function summary({ read, moved, knownTypes, failures }: Reclassified, dryRun: boolean): string {
  const total = [...moved.values()].reduce((sum, count) => sum + count, 0)
  return [
    `${dryRun ? 'would move' : 'moved'} ${total} of ${read} unclassified events`,
    ...[...moved].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, count]) => `  ${type} ${count}`),
    ...(knownTypes > 0
      ? [`${dryRun ? 'would remove' : 'removed'} the drift of ${knownTypes} types that are known now`]
      : []),
    ...(failures.length > 0
      ? [`${failures.length} entities could not be folded: their events are kept, their rows are not updated`]
      : [])
  ].join('\n')
}
