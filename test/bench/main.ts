import { Command, InvalidArgumentError } from 'commander'
import { completeness } from './completeness.js'
import type { Bench } from './context.js'
import { openContext } from './context.js'
import { latency } from './latency.js'
import { live } from './live.js'
import { memory } from './memory.js'
import { project } from './project.js'
import { query } from './query.js'
import { rebuild } from './rebuild.js'
import { receive } from './receive.js'
import { start } from './start.js'

/** To add a bench, add a file and its name here. The benches run in this order. */
const BENCHES: Readonly<Record<string, Bench>> = {
  start,
  receive,
  memory,
  project,
  rebuild,
  completeness,
  latency,
  live,
  query
}

const HELP = `
Each line is: name value unit goal met|missed. Figures with the goal "-" are absolute: they depend on the machine and
are never a gate. Ratios compare candidates that ran in turns on this machine: each is the median of its rounds. The
exit code is 0 even when a goal is missed. Without KAFKA_BROKERS a broker is started (requires a JRE of 17 or newer,
and Maven the first time).

Benches:
  start         seconds from npm start in a fresh clone to its first line and to ready, seconds of a start,
                memory of an idle process
  receive       webhooks per second, compared with plain Fastify and with one send per request
  memory        memory of a process under load while the log hangs
  project       events per second from the local log into rows, compared with a plain insert and with one
                transaction per event
  rebuild       events per second from a table of a million events into rows, compared with reading and writing
                without a fold; one round
  completeness  share of the data of simulated days that the read models have, with lost, duplicated and late
                webhooks, long calls, redials and late flags, and whether an hour was called complete too early;
                one round
  latency       time from the post of a notification to its change at a client of /v1/live, at 50, 200 and
                1,000 per second; one round
  live          cost of 1,000 clients of /v1/live for three minutes, at 50 notifications per second; one round
  query         twelve requests from eight clients over HTTP, compared with the same SQL through pg, and their
                growth from 100,000 calls; at most three rounds

Examples:
  $ npm run bench
  $ npm run bench -- receive project
  $ npm run bench -- receive --rounds 15 --seconds 5
  $ npm run bench -- query --calls 100000
  $ npm run --silent bench > before.txt`

const program = new Command('bench')
  .argument('[name...]', `benches to run: ${Object.keys(BENCHES).join(', ')} (default: all)`)
  .option('--rounds <n>', 'number of rounds, after one to warm up', atLeastOne, 5)
  .option('--seconds <n>', 'duration of a round', atLeastOne, 3)
  .option('--days <n>', 'number of simulated days, for completeness', atLeastOne, 7)
  .option('--speed <n>', 'speed of simulated time, for completeness', atLeastOne, 1200)
  .option('--calls <n>', 'number of calls, for query', atLeastOne, 1_000_000)
  .addHelpText('after', HELP)
  .showHelpAfterError()
  .parse()

await run(program.args, program.opts<Parameters<typeof openContext>[1]>())

async function run(names: readonly string[], options: Parameters<typeof openContext>[1]): Promise<void> {
  const unknown = names.filter(name => !(name in BENCHES))
  if (unknown.length > 0) program.error(`unknown bench: ${unknown.join(', ')}`)
  let failed = false
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (names.length > 0 && !names.includes(name)) continue
    const context = openContext(name, options)
    try {
      await bench(context)
    } catch (err) {
      failed = true
      console.error(`${name}: ${err instanceof Error ? err.stack : String(err)}`)
    } finally {
      await context.close()
    }
  }
  process.exit(failed ? 1 : 0)
}

function atLeastOne(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('it must be a whole number from 1')
  return value
}
