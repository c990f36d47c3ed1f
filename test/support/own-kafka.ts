// Started by tests as a process of its own: node own-kafka.js DIR. Prints the broker's process id and waits to be
// killed.
import { startKafka } from './kafka.js'

const broker = await startKafka({ dir: process.argv[2] ?? '' })
await broker.freeze() // a stopped process takes no signal but SIGKILL
console.log(String(broker.pids))
process.stdin.resume()
