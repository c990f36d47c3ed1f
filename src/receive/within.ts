import { NotStoredError } from '../errors.js'

/**
 * The promise's own outcome, when it comes in time.
 * @throws NotStoredError  it did not; what becomes of it later is nobody's business here
 */
export function within (milliseconds: number, promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NotStoredError()), milliseconds)
    const settle = (next: () => void) => {
      clearTimeout(timer)
      next()
    }
    promise.then(() => settle(resolve), err => settle(() => reject(err)))
  })
}
