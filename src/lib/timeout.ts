/** A promise did not settle in time. */
class DeadlineError extends Error {
  override name = 'DeadlineError'
}

/**
 * Resolves or rejects as the promise does, if it settles in time.
 * @throws DeadlineError  the promise has not settled in time; it continues, and its outcome is ignored
 */
export async function withTimeout<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`no answer within ${ms} ms`)), ms)
  })
  return await Promise.race([promise, deadline]).finally(() => clearTimeout(timer))
}
