import type { RangePolled } from '../../src/events/directory.js'
import { randomId } from '../../src/events/identity.js'
import type { Presence, StatusReported } from '../../src/events/status.js'
import { START } from './history.js'

/** Returns the instant that lies the given seconds after the start of a history. */
export const at = (seconds: number) => new Date(START + seconds * 1000).toISOString()

/** Creates an event that reports the presence of an extension. */
export function status(
  extension: string,
  presence: Presence,
  seconds: number,
  source: 'rest' | 'webhook' = 'rest'
): StatusReported {
  return {
    ...factFields(seconds),
    source,
    type: 'status.reported',
    extension,
    route: source === 'rest' ? 'presence' : 'webhook',
    presence
  }
}

/** Creates the event of a presence poll that found no change. */
export function polled(extension: string, seconds: number): RangePolled {
  const until = at(seconds)
  return {
    ...factFields(seconds),
    source: 'rest',
    type: 'range.polled',
    rangeId: `presence ${extension} ${until}`,
    polled: 'presence',
    scope: extension,
    from: at(seconds - 3_600),
    until,
    count: 1
  }
}

function factFields(seconds: number) {
  return { id: randomId(), account: 'default', occurredAt: at(seconds), receivedAt: at(seconds), raw: {} }
}
