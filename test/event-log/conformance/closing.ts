import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { EventLog, Subscription } from '../../../src/event-log/port.js'
import { eventually } from '../../support/eventually.js'
import { gather, record } from '../support/gather.js'
import type { Conformance, PromiseTests } from './adapter.js'
import { readAll } from './read-all.js'

const CLOSED = { code: 'MCS_LOG_CLOSED' }

/** Closing logs and subscriptions. */
export const closing: PromiseTests = {
  'close finishes or rejects accepted appends and rejects later ones': async (t, { open }) => {
    const { log, location } = await open(t)
    await log.append([record('default:a', 'before')]) // waits until the log is connected
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
    await t.rejects(log.append([]), CLOSED, 'also an empty append')
    t.type(log.trouble(), 'string')
    const stored = new Set((await readAll(t, (await open(t, location)).log)).map(({ value }) => String(value)))
    const missing = results.flatMap((result, i) => (result.status === 'fulfilled' && !stored.has(`${i}`) ? i : []))
    t.strictSame(missing, [], 'every resolved append is stored')
    t.notOk(stored.has('late'))
  },

  'closing a subscription waits for the batch in progress and starts no other': (t, conformance) => {
    return endsWithBatchInProgress(t, conformance, async (subscription, { log }) => {
      await subscription.close()
      return log
    })
  },

  'closing a log does the same for its subscriptions': (t, conformance) => {
    return endsWithBatchInProgress(t, conformance, async (_subscription, { log, location }) => {
      await log.close()
      return (await conformance.open(t, location)).log
    })
  },

  'a subscription that is closed immediately handles nothing afterwards': async (t, { open }) => {
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

/** @param end  closes, and returns an open log at the same location */
async function endsWithBatchInProgress(
  t: Test,
  { open }: Conformance,
  end: (subscription: Subscription, opened: Opened) => Promise<EventLog>
): Promise<void> {
  const opened = await open(t)
  const events: string[] = []
  const { subscription } = await gather(t, opened.log, {
    handle: async () => {
      events.push('started')
      await sleep(300)
      events.push('handled')
    }
  })
  await opened.log.append([record('default:a', '0')])
  await eventually('the batch is in progress', () => events.length > 0)
  await opened.log.append([record('default:a', '1')])
  const log = await end(subscription, opened)
  t.strictSame(events, ['started', 'handled'])
  t.type(subscription.trouble(), 'string')
  await log.append([record('default:a', '2')])
  await sleep(300)
  t.strictSame(events, ['started', 'handled'], 'no batch afterwards')
}
