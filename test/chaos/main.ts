// Mistreats the real service and looks for what it should not have lost:
//
//   npm run chaos -- --runs 20 --seed 1
import { Command, InvalidArgumentError, Option } from 'commander'
import { runCampaign } from './campaign.js'
import { describePlan } from './plan.js'
import { lineOf, problemLines, summaryLine } from './report.js'
import { RIGS, type Rig } from './rigs.js'
import { openStage } from './stage.js'

const HELP = `
Each run is a load of made-up notifications on real processes, while some of them, the broker or Postgres are killed, frozen, restarted
or cut off, or the disk is full; then everything has to be well again within a minute. Every acknowledged notification must be stored
once, be on its topic in its order, and every row be what its events amount to. What was refused with a 503 is not lost.
All of a run is made from its seed, and printed before it. Needs what the tests with Kafka need: a JRE of 17 or newer, and Maven.
The exit code is 1 when anything was wrong; what the processes printed is kept then.

Examples:
  $ npm run chaos
  $ npm run chaos -- --runs 100
  $ npm run chaos -- --seed 17 --runs 1                  the same run again
  $ npm run chaos -- --runs 5 --rig early-ack            with a mistake built in: has to fail`

interface ChaosOptions {
  runs: number
  seed: number
  rig?: Rig
}

const program = new Command('chaos')
  .description('kills, freezes and cuts off what the service is made of, and looks for what was lost')
  .option('--runs <n>', 'how many runs, each with the next seed', wholeNumber, 5)
  .option('--seed <n>', 'of the first run; any by default', wholeNumber, Math.floor(Math.random() * 2 ** 31))
  .addOption(new Option('--rig <mistake>', 'run the service with a mistake built in').choices(RIGS))
  .addHelpText('after', HELP)
  .showHelpAfterError()
  .parse()

const options = program.opts<ChaosOptions>()
const stage = await openStage()
const stop = async (code: number) => {
  await stage.close()
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { void stop(130) })

const results = await runCampaign(stage, {
  ...options,
  onProgress: tell,
  onPlan: plan => console.log(`${JSON.stringify(plan)}\n${describePlan(plan)}`),
  onResult: (result, logDir) => {
    tell('')
    console.log(lineOf(result))
    if (result.problems.length === 0) return
    for (const line of problemLines(result.problems)) console.log(line)
    console.log(`  what the processes printed: ${logDir}\n  again: npm run chaos -- --seed ${result.seed} --runs 1${options.rig ? ` --rig ${options.rig}` : ''}`)
  }
})
console.log(summaryLine(results))
await stop(results.every(({ problems }) => problems.length === 0) ? 0 : 1)

/** A line that is written over, on a terminal only. */
function tell (text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

function wholeNumber (text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('it must be a whole number')
  return value
}
