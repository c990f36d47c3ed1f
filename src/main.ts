#!/usr/bin/env node
import { Command } from 'commander'
import { errorCodeOf } from './errors.js'
import { armCrashPoint } from './lib/crash-points.js'
import { requireOpenFiles } from './lib/open-files.js'
import { packageVersion } from './lib/package-root.js'

const program = new Command('mightycall-stream')
  .description('MightyCall webhooks as durable events, Kafka topics, Postgres read models and a query API.')
  .version(packageVersion())
  .showHelpAfterError()
  .addHelpText('after', '\nEverything is configured by environment variables: see docs/configuration.md.')

type MakeCommand = (env: NodeJS.ProcessEnv) => Command

// A new command is one file and one line here. Only the requested command is loaded: loading all of them takes longer
// than most of them run.
const commands: Record<string, () => Promise<MakeCommand>> = {
  start: async () => (await import('./cli/start.js')).startCommand,
  migrate: async () => (await import('./cli/migrate.js')).migrateCommand,
  rebuild: async () => (await import('./cli/rebuild.js')).rebuildCommand,
  reclassify: async () => (await import('./cli/reclassify.js')).reclassifyCommand,
  'dead-letters': async () => (await import('./cli/dead-letters.js')).deadLettersCommand,
  redrive: async () => (await import('./cli/redrive.js')).redriveCommand,
  discard: async () => (await import('./cli/redrive.js')).discardCommand,
  resume: async () => (await import('./cli/resume.js')).resumeCommand,
  keys: async () => (await import('./cli/keys.js')).keysCommand,
  backup: async () => (await import('./cli/backup.js')).backupCommand,
  restore: async () => (await import('./cli/restore.js')).restoreCommand,
  'grant-reader': async () => (await import('./cli/grant-reader.js')).grantReaderCommand,
  backfill: async () => (await import('./cli/backfill.js')).backfillCommand,
  drain: async () => (await import('./cli/drain.js')).drainCommand,
  tail: async () => (await import('./cli/tail.js')).tailCommand,
  simulate: async () => (await import('./simulator/cli/simulate.js')).simulateCommand,
  'simulate-api': async () => (await import('./simulator/cli/simulate-api.js')).simulateApiCommand,
  demo: async () => (await import('./simulator/cli/demo.js')).demoCommand
}
/** The commands that run the service. */
const NEED_FILES = ['start', 'demo']

const [requested = ''] = process.argv.slice(2)

try {
  if (NEED_FILES.includes(requested)) requireOpenFiles() // before the modules of the command are opened
} catch (err) {
  console.error(explain(err))
  process.exit(1)
}

for (const load of Object.hasOwn(commands, requested) ? [commands[requested]] : Object.values(commands)) {
  const make = await load?.()
  if (make) program.addCommand(make(process.env))
}

try {
  armCrashPoint(process.env.MCS_CRASH_AT)
  await program.parseAsync()
} catch (err) {
  console.error(explain(err))
  process.exit(1)
}

/** Prints one line for operator errors and a stack trace for bugs. */
function explain(err: unknown): string {
  if (!(err instanceof Error)) return String(err)
  const code = errorCodeOf(err)
  return code !== null ? `${err.message} [${code}]` : (err.stack ?? err.message)
}
