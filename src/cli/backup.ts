import path from 'node:path'
import { Command } from 'commander'
import { rowsOf } from '../backup/format.js'
import { writeBackup } from '../backup/write-backup.js'
import { loadConfig } from '../config/config.js'
import { systemClock } from '../lib/clock.js'
import { interruptSignal } from './arguments.js'
import { withDatabase } from './database.js'
import { createProgress } from './progress.js'

const EXAMPLES = `
Examples:
  $ mightycall-stream backup mightycall-2026-11-23.ndjson.gz
  $ mightycall-stream backup --force /mnt/backup/newest.ndjson.gz     replace an existing file

Writes everything that a rebuild cannot restore to one file, from a single snapshot; the service may keep running. The
file says who called whom, and only its owner can read it. "restore" fills a database from it. Events that are in the
event log but not yet projected are not in it.`

export function backupCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('backup')
    .description('write all events, and everything else that a rebuild cannot restore, to a file')
    .argument('<file>', 'the file to create')
    .option('--force', 'replace the file', false)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, { force }: { force: boolean }) => {
      const file = path.resolve(name)
      const signal = interruptSignal()
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
      const tables = header.tables.map(table => `${table.rows} ${table.name}`)
      console.log(`wrote ${rowsOf(header)} rows to ${name}: ${tables.join(', ')}`)
    })
}
