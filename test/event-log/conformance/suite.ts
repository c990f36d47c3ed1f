import t from 'tap'
import type { Conformance } from './adapter.js'
import { appending } from './appending.js'
import { closing } from './closing.js'
import { crashing } from './crashing.js'
import { rejecting } from './rejecting.js'
import { subscribing } from './subscribing.js'

/** Every promise of the port, each as a test. */
export function runSuite(conformance: Conformance): void {
  const { skip = false } = conformance.adapter
  t.jobs = 3 // much of it is waiting: for a broker, and for a dead member to be missed
  for (const [sentence, test] of Object.entries({
    ...crashing,
    ...appending,
    ...subscribing,
    ...rejecting,
    ...closing
  })) {
    t.test(sentence, { skip, buffered: true }, t => test(t, conformance))
  }
}
