import t from 'tap'
import { examplesOf, PROPERTIES } from '../../properties/properties.js'

const RUNS = 2_000
/** Another one each day, the same all day: a failure can be run again. */
const FIRST_SEED = Math.floor(Date.now() / 86_400_000) * RUNS

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
