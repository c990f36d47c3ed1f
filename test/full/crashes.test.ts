import { fileURLToPath } from 'node:url'
import t from 'tap'
import { conformanceOf } from '../event-log/conformance/adapter.js'
import { killedAppender, killedSubscriber } from '../event-log/conformance/crashing.js'
import { local } from '../event-log/conformance/local.test.js'
import { roundsOf } from '../support/seeds.js'
import { kafka } from './conformance-kafka.test.js'

const ROUNDS = roundsOf(4, 50)

/** The file that runs the programs of an adapter as child processes. */
const CASES = [
  { name: 'local', adapter: local, file: '../event-log/conformance/local.test.js' },
  { name: 'kafka', adapter: kafka, file: './conformance-kafka.test.js' }
]

for (const { name, adapter, file } of CASES) {
  const conformance = conformanceOf(adapter, fileURLToPath(new URL(file, import.meta.url)))
  const options = { skip: adapter.skip ?? false, timeout: 900_000 }
  t.test(`${name}: acknowledged records survive SIGKILL, ${ROUNDS} times`, options, async t => {
    for (let round = 1; round <= ROUNDS; round++)
      await t.test(`round ${round}`, t => killedAppender(t, conformance, round))
  })
  t.test(`${name}: a killed subscriber misses nothing, ${ROUNDS} times`, options, async t => {
    for (let round = 1; round <= ROUNDS; round++)
      await t.test(`round ${round}`, t => killedSubscriber(t, conformance, round))
  })
}
