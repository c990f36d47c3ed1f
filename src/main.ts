#!/usr/bin/env node
import { Command } from 'commander'
import { commands } from './cli/commands.js'
import { errorCodeOf } from './errors.js'
import { armCrashPoint } from './lib/crash-points.js'
import { packageVersion } from './lib/package-root.js'

const program = new Command('mightycall-stream')
  .description('MightyCall webhooks as durable events, Kafka topics, Postgres read models and a query API.')
  .version(packageVersion())
  .showHelpAfterError()
  .addHelpText('after', '\nEverything is configured by environment variables: see docs/configuration.md.')

const [requested = ''] = process.argv.slice(2)
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
