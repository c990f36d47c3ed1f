// Started by tests in a child process: node postgres-process.js DATA_DIR. Prints { url, pid } and waits until it is
// killed.
import { startEmbeddedPostgres } from '../../src/db/embedded/server.js'

const { url, pid } = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log: console.error })
console.log(JSON.stringify({ url, pid }))
process.stdin.resume()
