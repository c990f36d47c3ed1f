import { Command } from 'commander'
import { loadConfig } from '../config/config.js'
import { withDatabase } from './database.js'

const EXAMPLES = `
Examples:
  $ mightycall-stream migrate                          the embedded database in .data/
  $ DATABASE_URL=postgres://… mightycall-stream migrate

"start" does the same first. Several processes may migrate at the same time.`

export function migrateCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('migrate')
    .description('bring the database schema up to date')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      await withDatabase(loadConfig(environment), async () => console.log('the schema is up to date'))
    })
}
