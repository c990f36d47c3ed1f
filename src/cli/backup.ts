import path from 'node:path'
import { Command } from 'commander'
import { rowsOf } from '../backup/format.js'
import { writeBackup } from '../backup/write-backup.js'
import { loadConfig } from '../config/config.js'
import { systemClock } from '../lib/clock.js'
import { interruption } from './arguments.js'
import { withDatabase } from './database.js'
import { createProgress } from './progress.js'

const EXAMPLES = `
Examples:
  $ mightycall-stream backup mightycall-2026-11-23.ndjson.gz
  $ mightycall-stream backup --force /mnt/backup/newest.ndjson.gz     replace the one that is there

One file with all that a rebuild does not make again, as of one instant; the service may go on all the while. It holds who called whom
and is readable by its owner only. "restore" makes a database of it. What is only in the event log yet is not in it.`

export function backupCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('backup')
    .description('write all events, and what else no rebuild makes again, to a file')
    .argument('<file>', 'a new one')
    .option('--force', 'replace the file', false)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, { force }: { force: boolean }) => {
      const file = path.resolve(name)
      const signal = interruption()
      const progress = createProgress('rows')
      const header = await withDatabase(loadConfig(environment), pool =>
        writeBackup({
          pool,
          file,
          force,
          signal,
          now: systemClock.now(),
          onStart: rows => progress.start(rows, 0),
          onRows: rows => progress.advance(rows, rows)
        }).finally(progress.stop)
      ).catch(err => {
        if (!signal.aborted) throw err
        console.error('interrupted: nothing was written')
        process.exit(130)
      })
      console.log(
        `wrote ${rowsOf(header)} rows to ${name}: ${header.tables.map(({ name, rows }) => `${rows} ${name}`).join(', ')}`
      )
    })
}
