// Started by tests in a child process: node lock-holder.js DIR. Acquires the lock of the directory, prints "owned" or
// the error code, and waits until it is killed.
import { acquireOwnerLock } from '../../src/lib/directory-lock.js'

console.log(
  await acquireOwnerLock(process.argv[2] ?? '').then(
    () => 'owned',
    err => err.code
  )
)
process.stdin.resume()
