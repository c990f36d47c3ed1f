// Injects faults into the real service and checks that nothing was lost:
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
import { commandBesideStart } from './scenarios/command-beside-start.js'
import { frozen } from './scenarios/frozen.js'
import { lowDisk } from './scenarios/low-disk.js'
import { postmaster } from './scenarios/postmaster.js'
import { powerCut } from './scenarios/power-cut.js'
import { stopDuringStart } from './scenarios/stop-during-start.js'
import { openStage, type Stage } from './stage.js'

const HELP = `
Each run posts simulated notifications to real processes, while processes, the broker or Postgres are killed, frozen,
restarted or disconnected, or the disk is full. Afterwards everything must recover within a minute. Every acknowledged
notification must be stored once and be on its topic in order, and every row must follow from its events. Notifications
that were rejected with 503 are not lost.
A run depends only on its seed, and its plan is printed first. Requires a JRE of 17 or newer and Maven, like the tests
with Kafka. The exit code is 1 when a run has problems; the output of the processes is kept then.

Scenarios print lines of: name value unit goal met|missed.
  frozen      Kafka does not respond for a minute, at 200 notifications per second
  cluster     one of three brokers is killed, later two
  postmaster  the embedded Postgres is killed repeatedly
  power-cut   writes stop soon after the first start on an ext4 file system, and what was not synced is lost
  stop-during-start
              SIGTERM arrives while the service starts
  command-beside-start
              the service is started while a command runs its own Postgres on the same data
  low-disk    the disk has 8 MiB left, which is too little for Postgres

Bugs that can be injected and must be detected:
  early-ack         acknowledges before the append
  early-checkpoint  commits the checkpoint before the rows
  retries           lets kafkajs retry and ignores the result, on three brokers of which one is killed;
                    most runs lose some events

Examples:
  $ npm run chaos
  $ npm run chaos -- --runs 100
  $ npm run chaos -- --seed 17 --runs 1              repeat a run
  $ npm run chaos -- --scenario frozen --seconds 20
  $ npm run chaos -- --runs 50 --rig retries`

const SCENARIOS = {
  frozen,
  cluster,
  postmaster,
  'low-disk': lowDisk,
  'power-cut': powerCut,
  'stop-during-start': stopDuringStart,
  'command-beside-start': commandBesideStart
}

interface ChaosOptions {
  runs: number
  seed: number
  seconds: number
  kills: number
  rounds: number
  rig?: Rig
  scenario?: keyof typeof SCENARIOS
}

const program = new Command('chaos')
  .description('kills, freezes and disconnects the parts of the service, and checks that nothing was lost')
  .option('--runs <n>', 'number of runs, each with the next seed', wholeNumber, 5)
  .option('--seed <n>', 'seed of the first run (default: random)', wholeNumber, Math.floor(Math.random() * 2 ** 31))
  .addOption(new Option('--scenario <name>', 'play a scenario instead of runs').choices(Object.keys(SCENARIOS)))
  .option('--seconds <n>', 'duration of the outage in the scenarios frozen and low-disk', wholeNumber, 60)
  .option('--kills <n>', 'number of kills in the scenario postmaster', wholeNumber, 20)
  .option('--rounds <n>', 'number of starts in the last three scenarios', wholeNumber, 8)
  .addOption(new Option('--rig <bug>', 'run the service with an injected bug').choices(RIGS).conflicts('scenario'))
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

/** Returns true when no run has problems. */
async function showCampaign(stage: Stage): Promise<boolean> {
  const plan = isCluster ? clusterPlanOf : planOf
  const results = await runCampaign(stage, {
    ...options,
    plan,
    onProgress: showProgress,
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
  showProgress('')
  console.log(lineOf(result))
  if (result.problems.length === 0) return
  for (const line of problemLines(result.problems)) console.log(line)
  const rig = options.rig ? ` --rig ${options.rig}` : ''
  console.log(`  output of the processes: ${logDir}`)
  console.log(`  repeat: npm run chaos -- --seed ${result.seed} --runs 1${rig}`)
}

async function showScenario(stage: Stage, name: keyof typeof SCENARIOS): Promise<boolean> {
  showProgress(`${name} …`)
  const { figures, problems, skipped } = await SCENARIOS[name](stage, options)
  showProgress('')
  if (skipped !== undefined) console.log(`${name} skipped: ${skipped}`)
  for (const figure of figures) console.log(figureLine(figure))
  for (const line of problemLines(problems)) console.log(line)
  if (problems.length > 0) console.log(`  output of the processes: ${logDirOf(name)}`)
  return problems.length === 0 && figures.every(isMet)
}

function isMet(figure: Figure): boolean {
  return !figureLine(figure).endsWith('missed')
}

/** Shows a line that is overwritten by the next, on a terminal only. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('it must be a whole number')
  return value
}
