// Started by tests in a child process: node contend-for-lock.js DIR TIMES. Acquires the lock of the directory TIMES
// times, and prints "exclusive", or "shared" if another process held the lock at the same time.
import { closeSync, openSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { acquireOwnerLock } from '../../src/lib/directory-lock.js'

const [dir = '', times = '1'] = process.argv.slice(2)
const marker = path.join(dir, 'marker')
let result = 'exclusive'
for (let acquired = 0; acquired < Number(times) && result === 'exclusive'; ) {
  const lock = await acquireOwnerLock(dir).catch(() => null)
  if (!lock) continue
  acquired++
  try {
    closeSync(openSync(marker, 'wx'))
    await turn()
    rmSync(marker)
  } catch {
    result = 'shared'
  }
  await lock.release()
}
console.log(result)
process.stdin.resume()
