import t from 'tap'
import type { Conformance } from './adapter.js'
import { appending } from './appending.js'
import { closing } from './closing.js'
import { crashing } from './crashing.js'
import { rejecting } from './rejecting.js'
import { subscribing } from './subscribing.js'

/** Runs one test per promise of the port. */
export function runSuite(conformance: Conformance): void {
  const { skip = false } = conformance.adapter
  t.jobs = 3 // the tests mostly wait, for a broker or for the session timeout of a dead member
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
