/**
 * Returns the seeds of a randomized suite. They are fixed, so that the result depends on the sources alone; a seed that
 * has found a fault is added to them. TEST_SEED, or the variable of the suite, replaces them: a number repeats a run,
 * and `random` draws a new seed, as `npm run test:campaign` does.
 */
export function seedsOf(fixed: readonly number[] = [1], variable = 'TEST_SEED'): readonly number[] {
  const wanted = process.env[variable] || process.env.TEST_SEED
  if (!wanted) return fixed
  const seed = wanted === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(wanted)
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${variable} must be a whole number or "random": ${wanted}`)
  return [seed]
}

/** Returns the seed of a suite that uses only one. */
export function seedOf(fixed = 1, variable = 'TEST_SEED'): number {
  return seedsOf([fixed], variable)[0] ?? fixed
}

/** Returns the number of rounds: `short` in `npm run test:full`, `campaign` in `npm run test:campaign`. */
export function roundsOf(short: number, campaign: number): number {
  return process.env.TEST_CAMPAIGN === '1' ? campaign : short
}
