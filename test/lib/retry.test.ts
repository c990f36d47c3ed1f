import t from 'tap'
import { retry } from '../../src/lib/retry.js'

/** Returns an attempt that fails `times` times, then succeeds. */
function failing(times: number): { attempt: (failures: number) => Promise<string>; seen: number[] } {
  const seen: number[] = []
  return {
    seen,
    attempt: async failures => {
      seen.push(failures)
      if (seen.length <= times) throw new Error(`failure ${seen.length}`)
      return 'done'
    }
  }
}

/** Records the waits instead of waiting. */
function recordWaits(): { waits: number[]; wait: (ms: number) => Promise<void> } {
  const waits: number[] = []
  return {
    waits,
    wait: async ms => {
      waits.push(ms)
    }
  }
}

t.test('attempts are repeated until one succeeds, with waits that double up to the longest', async t => {
  const { attempt, seen } = failing(5)
  const { waits, wait } = recordWaits()
  const result = await retry(attempt, { backOff: { first: 100, most: 500 }, wait, random: () => 1 })
  t.equal(result, 'done')
  t.strictSame(seen, [0, 1, 2, 3, 4, 5])
  t.strictSame(waits, [100, 200, 400, 500, 500])
})

t.test('jitter shortens a wait by at most half', async t => {
  const { waits, wait } = recordWaits()
  await retry(failing(2).attempt, { backOff: { first: 100, most: 500 }, wait, random: () => 0 })
  t.strictSame(waits, [50, 100])
})

t.test('the error of the last attempt is thrown', async t => {
  const { wait } = recordWaits()
  await t.rejects(retry(failing(9).attempt, { maxAttempts: 3, wait }), { message: 'failure 3' })
})

t.test('an error that cannot be retried is thrown at once', async t => {
  const { waits, wait } = recordWaits()
  await t.rejects(retry(failing(9).attempt, { isRetryable: () => false, wait }), { message: 'failure 1' })
  t.strictSame(waits, [])
})

t.test('an abort ends the wait and the retries', async t => {
  const stop = new AbortController()
  const errors: unknown[] = []
  const result = await retry(failing(9).attempt, {
    signal: stop.signal,
    backOff: { first: 60_000, most: 60_000 },
    onFailure: err => {
      errors.push(err)
      stop.abort()
    }
  })
  t.equal(result, undefined)
  t.equal(errors.length, 1)
})
