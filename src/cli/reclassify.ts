import { Command } from 'commander'
import type pg from 'pg'
import { type Config, loadConfig } from '../config/config.js'
import { countUnclassified, type Reclassified, type ReclassifyOptions, reclassify } from '../project/reclassify.js'
import { accountSettings, withDatabase } from './database.js'
import { openBar } from './progress.js'

const EXAMPLES = `
Examples:
  $ mightycall-stream reclassify --dry-run             count events whose type is known by now
  $ mightycall-stream reclassify
  $ mightycall-stream reclassify --accept-api-key      after a wrong MIGHTYCALL_API_KEY was corrected

For use after an update that knows more notifications of MightyCall. The service may keep running; the command may be
stopped at any time and run again. Notifications that arrived with another ApiKey than the configured one stay
unclassified without --accept-api-key. Use it only when they belong to the account: their key is not stored, so that it
cannot be compared again.`

type Options = Pick<ReclassifyOptions, 'dryRun' | 'acceptApiKey' | 'account'>

export function reclassifyCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('reclassify')
    .description('give unclassified events the types that are known by now')
    .option('--dry-run', 'only print what would be done', false)
    .option('--accept-api-key', 'also notifications that arrived with another ApiKey', false)
    .option('--account <id>', 'only the events of this account')
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      const config = loadConfig(environment)
      const done = await withDatabase(config, pool => withProgress(pool, config, options))
      console.log(summary(done, options.dryRun))
      if (done.failures.length > 0) process.exitCode = 1
    })
}

/** Shows a bar on stderr when it is a terminal. */
async function withProgress(pool: pg.Pool, config: Config, options: Options): Promise<Reclassified> {
  const settings = await accountSettings(config, pool)
  if (!process.stderr.isTTY) return reclassify({ pool, settings, ...options })
  const bar = openBar('{bar} {percentage} % of {total} unclassified events | {eta_formatted} left')
  bar.start(await countUnclassified(pool), 0)
  return reclassify({ pool, settings, ...options, onProgress: read => bar.update(read) }).finally(() => bar.stop())
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
