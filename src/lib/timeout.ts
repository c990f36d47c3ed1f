/** No answer came within the time that we give. */
export class DeadlineError extends Error {
  override name = 'DeadlineError'
}

/** @throws DeadlineError  the promise has not settled by then; it goes on, and how it ends is ignored */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`no answer within ${ms} ms`)), ms)
  })
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
