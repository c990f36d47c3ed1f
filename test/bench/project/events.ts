import path from 'node:path'
import { openLocalLog } from '../../../src/event-log/local/local-log.js'
import type { EventLog } from '../../../src/event-log/port.js'
import type { Event } from '../../../src/events/event.js'
import { encodeEvent } from '../../../src/events/record.js'
import { history } from '../../support/history.js'
import type { Context } from '../context.js'

const CALL =
  'IncomingCall > IncomingCallRinging(101) > IncomingCallStopRinging(101) > ' +
  'IncomingCallConnected(101) > IncomingCallCompleted'
/** The number of concurrent calls, whose events are interleaved. */
const CONCURRENT_CALLS = 50
const APPEND_SIZE = 1_000

/** Creates a log with the events of the given number of calls. */
export async function appendCalls(
  { dir }: Context,
  { round, calls }: { round: number; calls: number }
): Promise<{ log: EventLog; count: number }> {
  const log = await openLocalLog({ dir: path.join(dir, `log-${round}`) })
  const records = interleavedCalls(round, calls).map(encodeEvent)
  for (let at = 0; at < records.length; at += APPEND_SIZE) await log.append(records.slice(at, at + APPEND_SIZE))
  return { log, count: records.length }
}

function interleavedCalls(round: number, calls: number): Event[] {
  const events: Event[] = []
  for (let first = 0; first < calls; first += CONCURRENT_CALLS) {
    const some = Array.from({ length: Math.min(CONCURRENT_CALLS, calls - first) }, (_, i) =>
      history(CALL, { id: idOf(round, first + i) })
    )
    for (const i of some[0]?.keys() ?? []) events.push(...some.flatMap(call => call[i] ?? []))
  }
  return events
}

/** Returns ids with the length of those of MightyCall, and unsorted, because sorted ids are inserted faster. */
function idOf(round: number, call: number): string {
  const scattered = (Math.imul(call + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  return `${scattered}-9db2-48cd-9ae4-${String(round).padStart(4, '0')}${String(call).padStart(8, '0')}`
}
