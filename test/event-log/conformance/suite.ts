import t, { type Test } from 'tap'
import { appending } from './appending.js'
import type { Conformance, LogAdapter } from './adapter.js'
import { closing } from './closing.js'
import { crashing } from './crashing.js'
import { rejecting } from './rejecting.js'
import { subscribing } from './subscribing.js'

/** Every promise of the port, each as a test. */
export function runSuite (adapter: LogAdapter, file: string): void {
  const { skip = false } = adapter
  const conformance: Conformance = {
    adapter,
    file,
    open: async (t: Test, place = adapter.place(t)) => {
      const log = await adapter.open(place)
      t.teardown(() => log.close())
      return { log, place }
    }
  }
  t.jobs = 3 // much of it is waiting: for a broker, and for a dead member to be missed
  for (const [sentence, test] of Object.entries({ ...crashing, ...appending, ...subscribing, ...rejecting, ...closing })) {
    t.test(sentence, { skip, buffered: true }, t => test(t, conformance))
  }
}
