/**
 * The seeds of a random suite. They are fixed, so that the same sources pass or fail alike every time: a seed that has
 * found a fault joins the fixed ones. TEST_SEED, or a variable of the suite's own, replaces them: a number repeats a
 * run, and `random` draws a new seed, as `npm run test:campaign` does.
 */
export function seedsOf(fixed: readonly number[] = [1], variable = 'TEST_SEED'): readonly number[] {
  const wanted = process.env[variable] || process.env.TEST_SEED
  if (!wanted) return fixed
  const seed = wanted === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(wanted)
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${variable} must be a whole number or "random": ${wanted}`)
  return [seed]
}

/** One seed for a suite that takes a single one. */
export function seedOf(fixed = 1, variable = 'TEST_SEED'): number {
  return seedsOf([fixed], variable)[0] ?? fixed
}

/** A number of rounds: the first in `npm run test:full`, the second in `npm run test:campaign`. */
export function roundsOf(short: number, campaign: number): number {
  return process.env.TEST_CAMPAIGN === '1' ? campaign : short
}
