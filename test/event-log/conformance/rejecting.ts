import { eventually } from '../../support/eventually.js'
import { gather, record } from '../support/gather.js'
import type { PromiseTests } from './adapter.js'

const some = (count: number) => Array.from({ length: count }, (_, i) => record('default:a', `${i}`))

/** Handlers that reject. */
export const rejecting: PromiseTests = {
  'a rejected batch is delivered again until it is handled, nothing is skipped, and the trouble quotes no message':
    async (t, { open }) => {
      const { log } = await open(t)
      const tries: (bigint | undefined)[] = []
      await log.append(some(5))
      const { values, subscription } = await gather(t, log, {
        handle: async ({ records }) => {
          tries.push(records[0]?.offset)
          if (tries.length < 4) throw new Error('a secret')
        }
      })
      await eventually('the batch is rejected', () => tries.length >= 2)
      t.type(subscription.trouble(), 'string')
      t.notMatch(subscription.trouble(), /secret/)
      await log.append([record('default:a', '5')])
      await eventually('all records arrive', () => values().length >= 6)
      t.strictSame(values(), ['0', '1', '2', '3', '4', '5'])
      t.equal(new Set(tries.slice(0, 4)).size, 1, 'each delivery starts at the same record')
      await eventually('the trouble is over', () => subscription.trouble() === null)
    },

  'startAt is retried until it resolves, and nothing is handled before': async (t, { open }) => {
    const { log } = await open(t)
    await log.append(some(3))
    let mayResolve = false
    let calls = 0
    const { values, records, subscription } = await gather(t, log, {
      startAt: async () => {
        calls++
        if (!mayResolve) throw new Error('the database is down')
        return 'first'
      }
    })
    const partitions = (await log.bounds('calls')).length
    await eventually('startAt is called again', () => calls > partitions)
    t.type(subscription.trouble(), 'string')
    t.equal(records.length, 0)
    mayResolve = true
    await eventually('all records arrive', () => values().length === 3)
    await eventually('the trouble is over', () => subscription.trouble() === null)
  }
}
