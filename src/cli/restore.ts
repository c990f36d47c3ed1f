import path from 'node:path'
import { Command } from 'commander'
import type pg from 'pg'
import { type Header, rowsOf } from '../backup/format.js'
import { readBackup } from '../backup/read-backup.js'
import { restoreBackup } from '../backup/restore-backup.js'
import { type Config, loadConfig } from '../config/config.js'
import { systemClock } from '../lib/clock.js'
import { type Rebuilt, rebuild } from '../project/rebuild/rebuild.js'
import { interruptSignal } from './arguments.js'
import { accountSettings, withDatabase } from './database.js'
import { createProgress } from './progress.js'

const EXAMPLES = `
Examples:
  $ mightycall-stream restore --dry-run mightycall-2026-11-23.ndjson.gz     only check whether the file is complete
  $ DATABASE_URL=postgres://… mightycall-stream restore mightycall-2026-11-23.ndjson.gz

The database must be empty. The file is read to its end before anything is written, and is restored in one transaction.
Then the read models are rebuilt and compared with the events; when that is interrupted, "rebuild" continues it. A
service continues where the event log was when the backup was made.`

export function restoreCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('restore')
    .description('fill an empty database from a backup')
    .argument('<file>', 'a file that backup has written')
    .option('-n, --dry-run', 'only read the file', false)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, { dryRun }: { dryRun: boolean }) => {
      const config = loadConfig(environment)
      const signal = interruptSignal()
      const file = path.resolve(name)
      try {
        const header = await readBackup({ file, signal })
        console.log(`the backup of ${header.createdAt} is complete: ${summaryOf(header)}`)
        if (!dryRun) process.exitCode = await withDatabase(config, pool => restore({ pool, file, signal, config }))
      } catch (err) {
        if (!signal.aborted) throw err
        console.error('interrupted: nothing was restored')
        process.exitCode = 130
      }
    })
}

interface Restore {
  pool: pg.Pool
  file: string
  signal: AbortSignal
  config: Config
}

async function restore(options: Restore): Promise<number> {
  const { pool, file, signal } = options
  const progress = createProgress('rows')
  const header = await restoreBackup({
    pool,
    file,
    signal,
    onStart: header => progress.start(rowsOf(header), 0),
    onRows: rows => progress.advance(rows, rows)
  }).finally(progress.stop)
  console.log(`restored ${rowsOf(header)} rows`)
  const made = await rebuildAll(options, { dryRun: false })
  const compared = made.finished ? await rebuildAll(options, { dryRun: true }) : made
  if (!compared.finished) {
    console.log('interrupted: "rebuild" continues here')
    return 130
  }
  const found = `${compared.differences} differing rows, ${made.failures.length} entities could not be folded`
  console.log(`rebuilt the read models of ${made.entities} entities: ${found}`)
  return compared.differences + made.failures.length > 0 ? 1 : 0
}

async function rebuildAll({ pool, signal, config }: Restore, { dryRun }: { dryRun: boolean }): Promise<Rebuilt> {
  const settings = await accountSettings(config, pool)
  const progress = createProgress('events')
  return rebuild({
    pool,
    settings,
    signal,
    dryRun,
    restart: true,
    now: systemClock.now,
    onStart: ({ entities }) => progress.start(entities, 0),
    onChunk: ({ entities, events }) => progress.advance(entities, events)
  }).finally(progress.stop)
}

function summaryOf(header: Header): string {
  return `${rowsOf(header)} rows: ${header.tables.map(({ name, rows }) => `${rows} ${name}`).join(', ')}`
}
