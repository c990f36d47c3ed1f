import { spawnSync } from 'node:child_process'
import path from 'node:path'
import t from 'tap'
import { openFilesLimit, requireOpenFiles } from '../../src/lib/open-files.js'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

const skip = process.platform !== 'linux' && 'the limit is known only on Linux'

t.test('a limit below 1024 open files is refused with what to do', async t => {
  t.throws(() => requireOpenFiles(1023), { code: 'MCS_OPEN_FILES', message: /only 1023 files .* to 1024 or more/ })
  requireOpenFiles(1024)
  requireOpenFiles(Number.POSITIVE_INFINITY)
})

t.test('the limit of this process is read', { skip }, async t => {
  t.ok(openFilesLimit() >= 1024)
})

t.test('the service refuses to start with too few files in one line', { skip }, async t => {
  const main = path.join(PROJECT_ROOT, 'dist/src/main.js')
  for (const limit of [40, 1000]) {
    const { status, stdout, stderr } = spawnSync(
      '/bin/sh',
      ['-c', 'ulimit -n "$1" && exec "$2" "$3" start', 'sh', String(limit), process.execPath, main],
      { encoding: 'utf8', env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: '/nonexistent/never-created' } }
    )
    t.equal(status, 1)
    t.equal(stdout, '')
    t.match(stderr, /^this process may open only \d+ files .*ulimit -n.* \[MCS_OPEN_FILES\]\n$/)
  }
})
