import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { EventLog, Subscription } from '../../../src/event-log/port.js'
import { eventually } from '../../support/eventually.js'
import { gather, record } from '../support/gather.js'
import type { Conformance, Promises } from './adapter.js'
import { readAll } from './read-all.js'

const CLOSED = { code: 'MCS_LOG_CLOSED' }

/** How a log and a subscription end. */
export const closing: Promises = {
  'a log that closes finishes or refuses what it accepted, and what comes later is refused': async (t, { open }) => {
    const { log, place } = await open(t)
    await log.append([record('default:a', 'before')]) // so that it is at work, and not still connecting
    const appends = Array.from({ length: 2_000 }, (_, i) => log.append([record(`default:${i % 20}`, `${i}`)]))
    await appends[0]
    appends.push(...Array.from({ length: 20 }, (_, i) => log.append([record('default:a', `${2_000 + i}`)])))
    const closed = log.close()
    await t.rejects(log.append([record('default:a', 'late')]), CLOSED)
    const results = await Promise.allSettled(appends)
    await Promise.all([closed, log.close()])
    await t.rejects(
      log.subscribe({ group: 'g', topics: ['calls'], startAt: async () => 'first', handle: async () => {} }),
      CLOSED
    )
    await t.rejects(log.append([]), CLOSED, 'be it empty')
    t.type(log.trouble(), 'string')
    const stored = new Set((await readAll(t, (await open(t, place)).log)).map(({ value }) => String(value)))
    const missing = results.flatMap((result, i) => (result.status === 'fulfilled' && !stored.has(`${i}`) ? i : []))
    t.strictSame(missing, [], 'all that was resolved is there')
    t.notOk(stored.has('late'))
  },

  'a subscription that closes waits for the batch in hand, and begins no other': (t, conformance) => {
    return endsWithBatchInHand(t, conformance, async (subscription, { log }) => {
      await subscription.close()
      return log
    })
  },

  'a log that closes does the same for its subscriptions': (t, conformance) => {
    return endsWithBatchInHand(t, conformance, async (_subscription, { log, place }) => {
      await log.close()
      return (await conformance.open(t, place)).log
    })
  },

  'a subscription that is closed at once handles nothing afterwards': async (t, { open }) => {
    const { log } = await open(t)
    await log.append([record('default:a', '0')])
    const { subscription, records } = await gather(t, log)
    await subscription.close()
    const { length } = records
    await log.append([record('default:a', '1')])
    await sleep(300)
    t.equal(records.length, length)
    t.type(subscription.trouble(), 'string')
    await subscription.close()
  }
}

type Opened = Awaited<ReturnType<Conformance['open']>>

/** @param end  closes, and gives a log of the same place that is open */
async function endsWithBatchInHand(
  t: Test,
  { open }: Conformance,
  end: (subscription: Subscription, opened: Opened) => Promise<EventLog>
): Promise<void> {
  const opened = await open(t)
  const events: string[] = []
  const { subscription } = await gather(t, opened.log, {
    handle: async () => {
      events.push('begun')
      await sleep(300)
      events.push('handled')
    }
  })
  await opened.log.append([record('default:a', '0')])
  await eventually('it is in hand', () => events.length > 0)
  await opened.log.append([record('default:a', '1')])
  const log = await end(subscription, opened)
  t.strictSame(events, ['begun', 'handled'])
  t.type(subscription.trouble(), 'string')
  await log.append([record('default:a', '2')])
  await sleep(300)
  t.strictSame(events, ['begun', 'handled'], 'nothing after it')
}
