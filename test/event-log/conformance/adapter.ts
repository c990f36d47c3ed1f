import type { Test } from 'tap'
import type { EventLog } from '../../../src/event-log/port.js'

/**
 * What the suite needs of an implementation of the port. A new one is one file, `<name>.test.ts`, that calls `conform`.
 */
export interface LogAdapter {
  /** For tap's `skip`. */
  skip?: string | false
  /** Where no log is yet, as one word that another process can be told. What is made there goes with the test. */
  place: (t: Test) => string
  /** Opens the log of a place, new or old. */
  open: (place: string) => Promise<EventLog>
}

/** What each test of the suite is given. */
export interface Conformance {
  adapter: LogAdapter
  /** The compiled file of the adapter, which is also the program of its child processes. */
  file: string
  /** Opens a log, by default at a new place; closed when the test ends. */
  open: (t: Test, place?: string) => Promise<{ log: EventLog; place: string }>
}

/** By the sentence of what is promised. */
export type Promises = Record<string, (t: Test, conformance: Conformance) => Promise<void>>

/** @param file  the compiled file of the adapter */
export function conformanceOf(adapter: LogAdapter, file: string): Conformance {
  return {
    adapter,
    file,
    open: async (t, place = adapter.place(t)) => {
      const log = await adapter.open(place)
      t.teardown(() => log.close())
      return { log, place }
    }
  }
}
