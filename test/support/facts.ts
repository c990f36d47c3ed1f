import type { RangePolled } from '../../src/events/directory.js'
import { randomId } from '../../src/events/identity.js'
import type { Presence, StatusReported } from '../../src/events/status.js'
import { START } from './history.js'

/** An instant, so many seconds from the start of a history. */
export const at = (seconds: number) => new Date(START + seconds * 1000).toISOString()

/** A presence that somebody told, so many seconds from the start. */
export function status(
  extension: string,
  presence: Presence,
  seconds: number,
  source: 'rest' | 'webhook' = 'rest'
): StatusReported {
  return {
    ...told(seconds),
    source,
    type: 'status.reported',
    extension,
    route: source === 'rest' ? 'presence' : 'webhook',
    presence
  }
}

/** The presence of an extension was asked for, and nothing new was told. */
export function polled(extension: string, seconds: number): RangePolled {
  const until = at(seconds)
  return {
    ...told(seconds),
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

function told(seconds: number) {
  return { id: randomId(), account: 'default', occurredAt: at(seconds), receivedAt: at(seconds), raw: {} }
}
