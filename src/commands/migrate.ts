import { Command } from 'commander'
import { loadConfig } from '../config.js'
import { runMigrations } from '../db/migrate.js'
import { withDatabaseUrl } from './database.js'

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
      await withDatabaseUrl(config, url => runMigrations(url))
      console.log('the schema is up to date')
    })
}
