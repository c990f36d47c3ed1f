import { Command } from 'commander'
import type pg from 'pg'
import type { AccountSettings } from '../accounts/accounts.js'
import { loadConfig } from '../config/config.js'
import { systemClock } from '../lib/clock.js'
import { discardDeadLetter } from '../project/dead-letters/discard.js'
import type { RedriveResult } from '../project/dead-letters/redrive.js'
import { redriveAll } from '../project/dead-letters/redrive-all.js'
import { refoldAllFailed } from '../project/refold/refold.js'
import { COMMAND_LINE_ACTOR, interruptSignal, parseLetterId, parseLetterIds } from './arguments.js'
import { accountSettings, withDatabase } from './database.js'
import { createProgress } from './progress.js'

interface RedriveCommandOptions {
  all: boolean
  failed: boolean
  dryRun: boolean
}

interface Work extends Pick<RedriveCommandOptions, 'dryRun'> {
  pool: pg.Pool
  settings: AccountSettings
  signal: AbortSignal
}

const REDRIVE_EXAMPLES = `
Examples:
  $ mightycall-stream redrive 12 13             project these dead letters with the present version
  $ mightycall-stream redrive --all --dry-run   try all dead letters, change nothing
  $ mightycall-stream redrive --failed          fold entities that could not be folded

For use after an update that fixes the cause. The service may keep running. A letter that is refused again stays dead;
nothing is deleted.
Exit codes: 0 everything succeeded, 1 something is still refused, 130 interrupted.`

export function redriveCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('redrive')
    .description('project dead letters again')
    .argument('[ids...]', 'ids that dead-letters prints', parseLetterIds)
    .option('--all', 'all dead letters', false)
    .option('--failed', 'entities that could not be folded', false)
    .option('-n, --dry-run', 'only try it', false)
    .addHelpText('after', REDRIVE_EXAMPLES)
    .action(async (ids: string[], options: RedriveCommandOptions, command: Command) => {
      const named = ids.length > 0
      if (Number(named) + Number(options.all) + Number(options.failed) !== 1)
        command.error('error: name ids, or --all, or --failed')
      const config = loadConfig(environment)
      const signal = interruptSignal()
      process.exitCode = await withDatabase(config, async pool => {
        const work = { pool, settings: await accountSettings(config, pool), signal, dryRun: options.dryRun }
        return options.failed ? refold(work) : redriveLetters(work, named ? ids : null)
      })
    })
}

async function redriveLetters(work: Work, ids: readonly string[] | null): Promise<number> {
  const progress = createProgress('letters')
  const { redriven, unchanged, refused, foldsFailed, finished } = await redriveAll({
    ...work,
    ids,
    now: systemClock.now,
    by: COMMAND_LINE_ACTOR,
    onStart: total => progress.start(total, 0),
    onDeadLetter: (id, letter) => {
      progress.printAbove(() => console.log(lineOf(id, letter, work.dryRun)))
      progress.advance(1, 1)
    }
  }).finally(progress.stop)
  const failed = foldsFailed === 0 ? '' : `, ${foldsFailed} stored but not folded (see redrive --failed)`
  const counts = `${redriven} redriven, ${unchanged} redriven before, ${refused} still refused${failed}`
  console.log(`${ending(work.dryRun, finished)}: ${counts}`)
  return exitCodeOf(finished, refused + foldsFailed)
}

async function refold(work: Work): Promise<number> {
  const progress = createProgress('entities')
  const { entities, failures, finished } = await refoldAllFailed({
    ...work,
    onStart: total => progress.start(total, 0),
    onChunk: chunk => progress.advance(chunk.entities, chunk.entities)
  }).finally(progress.stop)
  console.log(`${ending(work.dryRun, finished)}: ${entities - failures.length} folded, ${failures.length} failed again`)
  return exitCodeOf(finished, failures.length)
}

function lineOf(id: string, { changed, refusal }: RedriveResult, dryRun: boolean): string {
  if (refusal) return `still refused: ${id} ${refusal.code}: ${refusal.reason}`
  if (!changed) return `redriven before: ${id}`
  return `${dryRun ? 'can be redriven' : 'redriven'}: ${id}`
}

function ending(dryRun: boolean, finished: boolean): string {
  return `${finished ? 'done' : 'interrupted'}${dryRun ? ', nothing is changed' : ''}`
}

function exitCodeOf(finished: boolean, bad: number): number {
  if (!finished) return 130
  return bad > 0 ? 1 : 0
}

const DISCARD_EXAMPLES = `
Examples:
  $ mightycall-stream discard 12 --reason "a test"

The letter is kept, with the reason, and can still be redriven.`

export function discardCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('discard')
    .description('mark a dead letter as done')
    .argument('<id>', 'the id that dead-letters prints', parseLetterId)
    .requiredOption('--reason <text>', 'the reason, which is kept with the letter')
    .addHelpText('after', DISCARD_EXAMPLES)
    .action(async (id: string, { reason }: { reason: string }) => {
      const changed = await withDatabase(loadConfig(environment), pool =>
        discardDeadLetter(id, { pool, now: systemClock.now(), by: COMMAND_LINE_ACTOR, reason })
      )
      console.log(changed ? `discarded ${id}` : `${id} was discarded before`)
    })
}
