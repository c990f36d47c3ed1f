// Started by tests in a child process: node kafka-process.js DIR. Prints the process id of the broker and waits until
// it is killed.
import { startKafka } from './kafka.js'

const broker = await startKafka({ dir: process.argv[2] ?? '' })
await broker.freeze() // a stopped process handles no signal but SIGKILL
console.log(String(broker.pids))
process.stdin.resume()
