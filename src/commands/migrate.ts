import { Command } from 'commander'
import { loadConfig } from '../config.js'
import { embeddedDir } from '../db/open.js'
import { attachEmbeddedPostgres } from '../db/embedded/attach.js'
import { startEmbeddedPostgres } from '../db/embedded/server.js'
import { runMigrations } from '../db/migrate.js'

const EXAMPLES = `
Examples:
  $ mightycall-stream migrate                          the embedded database in .data/
  $ DATABASE_URL=postgres://… mightycall-stream migrate

start does the same at its beginning; any number of processes may do it at once.`

export function migrateCommand (environment: NodeJS.ProcessEnv): Command {
  return new Command('migrate')
    .description('bring the database schema up to date')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const config = loadConfig(environment)
      const dataDir = embeddedDir(config)
      const running = config.databaseUrl ?? await attachEmbeddedPostgres({ dataDir })
      const own = running === null ? await startEmbeddedPostgres({ dataDir, log: message => console.error(message) }) : null
      try {
        await runMigrations(own?.url ?? running ?? '')
        console.log('the schema is up to date')
      } finally {
        await own?.stop()
      }
    })
}
