// The root of a test run, a process of its own: node files.js [--bail] [--timeout=SECONDS] FILE…
//
// tap's own command loads its hooks into each test file, for coverage and mocks, and they take longer than most files
// do.
import { setMaxListeners } from 'node:events'
import { parseArgs } from 'node:util'
import t from 'tap'

// As in .taprc, which is for tap's own command.
const JOBS = 2
const TIMEOUT_SECONDS = '150'

const {
  values: { bail, timeout },
  positionals
} = parseArgs({
  allowPositionals: true,
  options: { bail: { type: 'boolean', default: false }, timeout: { type: 'string', default: TIMEOUT_SECONDS } }
})
setMaxListeners(0) // each file adds one
process.env.TAP_TIMEOUT = timeout // of the tests within a file
t.bail = bail
t.jobs = JOBS
t.setTimeout(0)
for (const file of positionals) {
  // tap sets NODE_OPTIONS for what it spawns: `env` takes it out again
  t.spawn(
    'env',
    ['-u', 'NODE_OPTIONS', process.execPath, '--enable-source-maps', file],
    { timeout: Number(timeout) * 1000 },
    file
  )
}
