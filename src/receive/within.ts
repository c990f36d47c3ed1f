/**
 * The promise's own outcome, when it comes in time. When it does not, `onLate` is called and this rejects;
 * what becomes of the promise later is heard by nobody.
 */
export function within (milliseconds: number, promise: Promise<void>, onLate: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      onLate()
      reject(new Error(`no answer within ${milliseconds} ms`))
    }, milliseconds)
    const settle = (next: () => void) => {
      clearTimeout(timer)
      next()
    }
    promise.then(() => settle(resolve), err => settle(() => reject(err)))
  })
}
