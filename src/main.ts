#!/usr/bin/env node
import { Command } from 'commander'
import { backupCommand } from './commands/backup.js'
import { deadLettersCommand } from './commands/dead-letters.js'
import { discardCommand } from './commands/discard.js'
import { drainCommand } from './commands/drain.js'
import { migrateCommand } from './commands/migrate.js'
import { rebuildCommand } from './commands/rebuild.js'
import { reclassifyCommand } from './commands/reclassify.js'
import { redriveCommand } from './commands/redrive.js'
import { restoreCommand } from './commands/restore.js'
import { resumeCommand } from './commands/resume.js'
import { simulateApiCommand } from './commands/simulate-api.js'
import { simulateCommand } from './commands/simulate.js'
import { startCommand } from './commands/start.js'
import { tailCommand } from './commands/tail.js'
import { armCrashPoint } from './crash-points.js'
import { packageVersion } from './project-root.js'

const program = new Command('mightycall-stream')
  .description('MightyCall webhooks as durable events, Kafka topics, Postgres read models and a query API.')
  .version(packageVersion())
  .showHelpAfterError()
  .addHelpText('after', '\nEverything is configured by environment variables: see docs/configuration.md.')

// A new command is one file and one line here.
const commands = [
  startCommand,
  migrateCommand,
  rebuildCommand,
  reclassifyCommand,
  deadLettersCommand,
  redriveCommand,
  discardCommand,
  resumeCommand,
  backupCommand,
  restoreCommand,
  drainCommand,
  tailCommand,
  simulateCommand,
  simulateApiCommand
]
for (const command of commands) program.addCommand(command(process.env))

try {
  armCrashPoint(process.env.MCS_CRASH_AT)
  await program.parseAsync()
} catch (err) {
  console.error(explain(err))
  process.exit(1)
}

/** One line for what the operator can mend; a stack only for what we have to. */
function explain (err: unknown): string {
  if (!(err instanceof Error)) return String(err)
  const { code } = err as { code?: unknown } // ours all have one
  return typeof code === 'string' && code.startsWith('MCS_') ? `${err.message} [${code}]` : err.stack ?? err.message
}
