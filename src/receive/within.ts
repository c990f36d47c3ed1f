import { NotStoredError } from '../errors.js'

/**
 * The promise's own outcome, when it comes in time.
 * @throws NotStoredError  it did not; `onLate` has been called, and what becomes of it later is no rejection here
 */
export function within (milliseconds: number, promise: Promise<void>, onLate: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      onLate()
      reject(new NotStoredError())
    }, milliseconds)
    const settle = (next: () => void) => {
      clearTimeout(timer)
      next()
    }
    promise.then(() => settle(resolve), err => settle(() => reject(err)))
  })
}
