// Started by tests as a process of its own: node fight-for-lock.js DIR TIMES. Takes the directory so many times, and
// prints "alone", or "doubled" when it met another owner.
import { closeSync, openSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { acquireOwnerLock } from '../../src/lib/directory-lock.js'

const [dir = '', times = '1'] = process.argv.slice(2)
const marker = path.join(dir, 'marker')
let said = 'alone'
for (let taken = 0; taken < Number(times) && said === 'alone'; ) {
  const lock = await acquireOwnerLock(dir).catch(() => null)
  if (!lock) continue
  taken++
  try {
    closeSync(openSync(marker, 'wx'))
    await turn()
    rmSync(marker)
  } catch {
    said = 'doubled'
  }
  await lock.release()
}
console.log(said)
process.stdin.resume()
