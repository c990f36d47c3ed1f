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

/** A new bench is one file and one name here; they run in this order. */
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
Each line is: name value unit goal met|missed. A goal of "-" is an absolute figure, which depends on the machine and is never a gate.
Ratios compare what ran in turns on this machine: each is the median of its rounds. The exit code is 0 even when a goal is missed.
Without KAFKA_BROKERS a broker is started (a JRE of 17 or newer, and Maven the first time).

Benches:
  start    seconds from npm start in a fresh clone to its first line and to ready, seconds of a start, memory of an idle process
  receive  webhooks per second, against bare Fastify and against one send per request
  memory   what a process holds while the log hangs and the load goes on
  project  events per second from the local log into rows, against a plain insert and against one transaction per event
  rebuild  events per second from a table of a million events into rows, against reading and writing without a fold; one turn
  completeness  what of a simulated company's days the read models have, whose webhooks get lost, doubled and late; one turn
  latency  from a notification that is posted to a client of /v1/live that sees it, at 50, 200 and 1,000 per second; one turn
  live     what 1,000 clients of /v1/live cost for three minutes, at 50 notifications per second; one turn
  query    twelve questions of eight clients over HTTP, against the same SQL through pg alone, and how they grew from 100,000 calls; at most three turns

Examples:
  $ npm run bench
  $ npm run bench -- receive project
  $ npm run bench -- receive --rounds 15 --seconds 5
  $ npm run bench -- query --calls 100000
  $ npm run --silent bench > before.txt`

const program = new Command('bench')
  .argument('[name...]', `which of ${Object.keys(BENCHES).join(', ')}; none is all`)
  .option('--rounds <n>', 'how often each candidate has its turn, after one to warm up', atLeastOne, 5)
  .option('--seconds <n>', 'how long a turn takes', atLeastOne, 3)
  .option('--days <n>', 'how many days are simulated, by completeness', atLeastOne, 7)
  .option('--speed <n>', 'how much faster than time', atLeastOne, 1200)
  .option('--calls <n>', 'how many calls there are, for query', atLeastOne, 1_000_000)
  .addHelpText('after', HELP)
  .showHelpAfterError()
  .parse()

await run(program.args, program.opts<Parameters<typeof openContext>[1]>())

async function run(names: readonly string[], options: Parameters<typeof openContext>[1]): Promise<void> {
  const unknown = names.filter(name => !(name in BENCHES))
  if (unknown.length > 0) program.error(`there is no bench ${unknown.join(', ')}`)
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
