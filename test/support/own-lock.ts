// Started by tests as a process of its own: node own-lock.js DIR. Prints "owned", or the code of the refusal, and waits
// to be killed.
import { acquireOwnerLock } from '../../src/lib/directory-lock.js'

console.log(
  await acquireOwnerLock(process.argv[2] ?? '').then(
    () => 'owned',
    err => err.code
  )
)
process.stdin.resume()
