import type { Test } from 'tap'
import type { EventLog } from '../../../src/event-log/port.js'

/**
 * An implementation of the port, as the suite uses it. A new one is one file, `<name>.test.ts`, that calls `conform`.
 */
export interface LogAdapter {
  /** The reason to skip, or false. */
  skip?: string | false
  /** Creates a location without a log, as one word to pass to another process. It is removed when the test ends. */
  newLocation: (t: Test) => string
  /** Opens the log at a location, new or existing. */
  open: (location: string) => Promise<EventLog>
}

/** The context of each test of the suite. */
export interface Conformance {
  adapter: LogAdapter
  /** The compiled file of the adapter, which its child processes run as well. */
  file: string
  /** Opens a log, by default at a new location; it is closed when the test ends. */
  open: (t: Test, location?: string) => Promise<{ log: EventLog; location: string }>
}

/** Tests by the sentence that states the promise. */
export type PromiseTests = Record<string, (t: Test, conformance: Conformance) => Promise<void>>

/** @param file  the compiled file of the adapter */
export function conformanceOf(adapter: LogAdapter, file: string): Conformance {
  return {
    adapter,
    file,
    open: async (t, location = adapter.newLocation(t)) => {
      const log = await adapter.open(location)
      t.teardown(() => log.close())
      return { log, location }
    }
  }
}
