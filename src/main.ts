#!/usr/bin/env node
import { Command } from 'commander'
import { armCrashPoint } from './crash-points.js'
import { packageVersion } from './project-root.js'

const program = new Command('mightycall-stream')
  .description('MightyCall webhooks as durable events, Kafka topics, Postgres read models and a query API.')
  .version(packageVersion())
  .showHelpAfterError()
  .addHelpText('after', '\nEverything is configured by environment variables: see docs/configuration.md.')

type MakeCommand = (env: NodeJS.ProcessEnv) => Command

// A new command is one file and one line here. Loaded when it is asked for: all of them together take longer than most of them run.
const commands: Record<string, () => Promise<MakeCommand>> = {
  start: async () => (await import('./commands/start.js')).startCommand,
  migrate: async () => (await import('./commands/migrate.js')).migrateCommand,
  rebuild: async () => (await import('./commands/rebuild.js')).rebuildCommand,
  reclassify: async () => (await import('./commands/reclassify.js')).reclassifyCommand,
  'dead-letters': async () => (await import('./commands/dead-letters.js')).deadLettersCommand,
  redrive: async () => (await import('./commands/redrive.js')).redriveCommand,
  discard: async () => (await import('./commands/discard.js')).discardCommand,
  resume: async () => (await import('./commands/resume.js')).resumeCommand,
  keys: async () => (await import('./commands/keys.js')).keysCommand,
  backup: async () => (await import('./commands/backup.js')).backupCommand,
  restore: async () => (await import('./commands/restore.js')).restoreCommand,
  backfill: async () => (await import('./commands/backfill.js')).backfillCommand,
  drain: async () => (await import('./commands/drain.js')).drainCommand,
  tail: async () => (await import('./commands/tail.js')).tailCommand,
  simulate: async () => (await import('./commands/simulate.js')).simulateCommand,
  'simulate-api': async () => (await import('./commands/simulate-api.js')).simulateApiCommand,
  demo: async () => (await import('./commands/demo.js')).demoCommand
}
const [asked = ''] = process.argv.slice(2)
for (const load of Object.hasOwn(commands, asked) ? [commands[asked]] : Object.values(commands)) {
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

/** One line for what the operator can mend; a stack only for what we have to. */
function explain (err: unknown): string {
  if (!(err instanceof Error)) return String(err)
  const { code } = err as { code?: unknown } // ours all have one
  return typeof code === 'string' && code.startsWith('MCS_') ? `${err.message} [${code}]` : err.stack ?? err.message
}
