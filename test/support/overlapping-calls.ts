import type { Event } from '../../src/events/event.js'
import type { Random } from '../../src/simulator/random.js'
import { status } from './facts.js'
import { history } from './history.js'

const EXTENSIONS = ['101', '102', '103']

/** The calls begin within so many seconds from the start of a history. */
export const OVERLAPPING_SECONDS = 6 * 3_600

/**
 * Calls that overlap at the same agents, with ring groups, transfers and outgoing calls; a tenth of the events is lost.
 */
export function overlappingCalls(random: Random): Event[] {
  const events = Array.from({ length: 150 }, (_, i) => anyCall(random, `c${i}`)).flat()
  const presences = Array.from({ length: 20 }, () =>
    status(random.pick(EXTENSIONS), random.pick(['available', 'dnd']), random.int(0, OVERLAPPING_SECONDS))
  )
  return [...events.filter(() => !random.chance(0.1)), ...presences]
}

function anyCall(random: Random, id: string): Event[] {
  const start = random.int(0, OVERLAPPING_SECONDS)
  const later = (after: number, most: number) => after + random.int(0, most)
  const agent = random.pick(EXTENSIONS)
  if (random.chance(0.25)) {
    const connected = later(start, 40)
    const end = later(connected, 600)
    return history(
      `OutgoingCall(${agent})@${start} > OutgoingCallConnected(${agent})@${connected} > ` +
        `OutgoingCallCompleted(${agent})@${end}`,
      { id }
    )
  }
  const group = EXTENSIONS.filter(extension => extension === agent || random.chance(0.5))
  const connected = later(start + 2, 40)
  const end = later(connected, 900)
  const colleague = random.pick(EXTENSIONS)
  const transferredAt = later(connected, end - connected)
  const steps = [
    `IncomingCall@${start}`,
    ...group.map(extension => `IncomingCallRinging(${extension})@${start + 2}`),
    ...(random.chance(0.8) ? [`IncomingCallConnected(${agent})@${connected}`] : []),
    ...group.filter(extension => extension !== agent).map(other => `IncomingCallStopRinging(${other})@${connected}`),
    ...(random.chance(0.3)
      ? [
          `IncomingCallRinging(${colleague})@${transferredAt}`,
          `IncomingCallConnected(${colleague})@${later(transferredAt, 60)}`
        ]
      : []),
    ...(random.chance(0.5) ? [`IncomingCallCompleted(${agent})@${transferredAt}`] : []),
    `IncomingCallCompleted@${end}`
  ]
  return history(steps.join(' > '), { id })
}
