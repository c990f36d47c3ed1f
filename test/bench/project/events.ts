import path from 'node:path'
import { openLocalLog } from '../../../src/event-log/local/local-log.js'
import type { EventLog } from '../../../src/event-log/port.js'
import type { Event } from '../../../src/events/event.js'
import { encodeEvent } from '../../../src/events/record.js'
import { history } from '../../support/history.js'
import type { Context } from '../context.js'

const CALL =
  'IncomingCall > IncomingCallRinging(101) > IncomingCallStopRinging(101) > IncomingCallConnected(101) > IncomingCallCompleted'
/** So many calls are under way at a time, their events mixed. */
const AT_ONCE = 50
const APPEND = 1_000

/** A log of its own, with the events of so many calls. */
export async function appendCalls(
  { dir }: Context,
  { round, calls }: { round: number; calls: number }
): Promise<{ log: EventLog; count: number }> {
  const log = await openLocalLog({ dir: path.join(dir, `log-${round}`) })
  const records = mixedCalls(round, calls).map(encodeEvent)
  for (let at = 0; at < records.length; at += APPEND) await log.append(records.slice(at, at + APPEND))
  return { log, count: records.length }
}

function mixedCalls(round: number, calls: number): Event[] {
  const events: Event[] = []
  for (let first = 0; first < calls; first += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, calls - first) }, (_, i) =>
      history(CALL, { id: idOf(round, first + i) })
    )
    for (const i of some[0]?.keys() ?? []) events.push(...some.flatMap(call => call[i] ?? []))
  }
  return events
}

/** As long as MightyCall's, and in no order, like those: what is sorted already is inserted faster. */
function idOf(round: number, call: number): string {
  const scattered = (Math.imul(call + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  return `${scattered}-9db2-48cd-9ae4-${String(round).padStart(4, '0')}${String(call).padStart(8, '0')}`
}
