import t from 'tap'
import { examplesOf, PROPERTIES } from '../../properties/properties.js'
import { roundsOf, seedOf } from '../../support/seeds.js'

const RUNS = roundsOf(500, 20_000)
const FIRST_SEED = seedOf() * RUNS

for (const [name, property] of Object.entries(PROPERTIES)) {
  t.test(name, async t => {
    let histories = 0
    for (const seed of [...examplesOf(name), ...Array.from({ length: RUNS }, (_, i) => FIRST_SEED + i)]) {
      try {
        histories += Number(property(seed) ?? 1)
      } catch (err) {
        throw new Error(`seed ${seed}: ${(err as Error).message}`)
      }
    }
    t.ok(histories >= RUNS, `${histories} histories`)
  })
}
