// Mistreats the real service and looks for what it should not have lost:
//
//   npm run chaos -- --runs 20 --seed 1
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Figure, lineOf as figureLine } from '../bench/figures.js'
import { logDirOf, runCampaign } from './campaign.js'
import { clusterPlanOf, describePlan, type Plan, planOf } from './plan.js'
import { lineOf, problemLines, summaryLine } from './report.js'
import { RIGS, type Rig } from './rigs.js'
import type { RunResult } from './run.js'
import { cluster } from './scenarios/cluster.js'
import { frozen } from './scenarios/frozen.js'
import { openStage, type Stage } from './stage.js'

const HELP = `
Each run is a load of made-up notifications on real processes, while some of them, the broker or Postgres are killed, frozen, restarted
or cut off, or the disk is full; then everything has to be well again within a minute. Every acknowledged notification must be stored
once, be on its topic in its order, and every row be what its events amount to. What was refused with a 503 is not lost.
All of a run is made from its seed, and printed before it. Needs what the tests with Kafka need: a JRE of 17 or newer, and Maven.
The exit code is 1 when anything was wrong; what the processes printed is kept then.

Scenarios print lines of: name value unit goal met|missed.
  frozen   Kafka answers nothing for a minute, at 200 notifications a second
  cluster  of three brokers one is killed, later two

Mistakes that can be built in, and have to be noticed:
  early-ack         acknowledges before the append
  early-checkpoint  commits the checkpoint before the rows
  retries           lets kafkajs retry, and looks at no result: on three brokers, of which one is killed; most runs lose some

Examples:
  $ npm run chaos
  $ npm run chaos -- --runs 100
  $ npm run chaos -- --seed 17 --runs 1              the same run again
  $ npm run chaos -- --scenario frozen --seconds 20
  $ npm run chaos -- --runs 50 --rig retries`

const SCENARIOS = { frozen, cluster }

interface ChaosOptions {
  runs: number
  seed: number
  seconds: number
  rig?: Rig
  scenario?: keyof typeof SCENARIOS
}

const program = new Command('chaos')
  .description('kills, freezes and cuts off what the service is made of, and looks for what was lost')
  .option('--runs <n>', 'how many runs, each with the next seed', wholeNumber, 5)
  .option('--seed <n>', 'of the first run; any by default', wholeNumber, Math.floor(Math.random() * 2 ** 31))
  .addOption(new Option('--scenario <name>', 'a story of its own instead of runs').choices(Object.keys(SCENARIOS)))
  .option('--seconds <n>', 'how long the scenario frozen is frozen', wholeNumber, 60)
  .addOption(
    new Option('--rig <mistake>', 'run the service with a mistake built in').choices(RIGS).conflicts('scenario')
  )
  .addHelpText('after', HELP)
  .showHelpAfterError()
  .parse()

const options = program.opts<ChaosOptions>()
const isCluster = options.scenario === 'cluster' || options.rig === 'retries'
const stage = await openStage({ nodes: isCluster ? 3 : 1 })
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void end(130)
  })
await end((await (options.scenario ? showScenario(stage, options.scenario) : showCampaign(stage))) ? 0 : 1)

async function end(code: number): Promise<void> {
  await stage.close()
  process.exit(code)
}

/** True when nothing is wrong. */
async function showCampaign(stage: Stage): Promise<boolean> {
  const plan = isCluster ? clusterPlanOf : planOf
  const results = await runCampaign(stage, {
    ...options,
    plan,
    onProgress: tell,
    onPlan: showPlan,
    onResult: showResult
  })
  console.log(summaryLine(results))
  return results.every(({ problems }) => problems.length === 0)
}

function showPlan(plan: Plan): void {
  console.log(`${JSON.stringify(plan)}\n${describePlan(plan)}`)
}

function showResult(result: RunResult, logDir: string): void {
  tell('')
  console.log(lineOf(result))
  if (result.problems.length === 0) return
  for (const line of problemLines(result.problems)) console.log(line)
  console.log(
    `  what the processes printed: ${logDir}\n  again: npm run chaos -- --seed ${result.seed} --runs 1${options.rig ? ` --rig ${options.rig}` : ''}`
  )
}

async function showScenario(stage: Stage, name: keyof typeof SCENARIOS): Promise<boolean> {
  tell(`${name} …`)
  const { figures, problems } = await SCENARIOS[name](stage, options)
  tell('')
  for (const figure of figures) console.log(figureLine(figure))
  for (const line of problemLines(problems)) console.log(line)
  if (problems.length > 0) console.log(`  what the processes printed: ${logDirOf(name)}`)
  return problems.length === 0 && figures.every(isMet)
}

function isMet(figure: Figure): boolean {
  return !figureLine(figure).endsWith('missed')
}

/** A line that is written over, on a terminal only. */
function tell(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('it must be a whole number')
  return value
}
