// Started by tests as a process of its own: node own-postgres.js DATA_DIR. Prints { url, pid } and waits to be killed.
import { startEmbeddedPostgres } from '../../src/db/embedded/server.js'

const { url, pid } = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log: console.error })
console.log(JSON.stringify({ url, pid }))
process.stdin.resume()
