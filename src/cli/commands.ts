import type { Command } from 'commander'

type MakeCommand = (env: NodeJS.ProcessEnv) => Command

// The commands by name. A new command is one file and one line here. Only the requested command is loaded: loading all of them takes longer
// than most of them run.
export const commands: Record<string, () => Promise<MakeCommand>> = {
  start: async () => (await import('./start.js')).startCommand,
  migrate: async () => (await import('./migrate.js')).migrateCommand,
  rebuild: async () => (await import('./rebuild.js')).rebuildCommand,
  reclassify: async () => (await import('./reclassify.js')).reclassifyCommand,
  'dead-letters': async () => (await import('./dead-letters.js')).deadLettersCommand,
  redrive: async () => (await import('./redrive.js')).redriveCommand,
  discard: async () => (await import('./redrive.js')).discardCommand,
  resume: async () => (await import('./resume.js')).resumeCommand,
  keys: async () => (await import('./keys.js')).keysCommand,
  backup: async () => (await import('./backup.js')).backupCommand,
  restore: async () => (await import('./restore.js')).restoreCommand,
  backfill: async () => (await import('./backfill.js')).backfillCommand,
  drain: async () => (await import('./drain.js')).drainCommand,
  tail: async () => (await import('./tail.js')).tailCommand,
  simulate: async () => (await import('../simulator/cli/simulate.js')).simulateCommand,
  'simulate-api': async () => (await import('../simulator/cli/simulate-api.js')).simulateApiCommand,
  demo: async () => (await import('../simulator/cli/demo.js')).demoCommand
}
