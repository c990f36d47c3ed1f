import { eventually } from '../../support/eventually.js'
import { gather, record } from '../support/gather.js'
import type { Promises } from './adapter.js'

const some = (count: number) => Array.from({ length: count }, (_, i) => record('default:a', `${i}`))

/** What happens when a subscriber fails. */
export const rejecting: Promises = {
  'a batch whose handler rejects comes again until it is handled, nothing is skipped, and the trouble quotes nothing':
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
      await eventually('it was rejected', () => tries.length >= 2)
      t.type(subscription.trouble(), 'string')
      t.notMatch(subscription.trouble(), /secret/)
      await log.append([record('default:a', '5')])
      await eventually('all came', () => values().length >= 6)
      t.strictSame(values(), ['0', '1', '2', '3', '4', '5'])
      t.equal(new Set(tries.slice(0, 4)).size, 1, 'from the same record each time')
      await eventually('all is well', () => subscription.trouble() === null)
    },

  'startAt is asked again until it answers, and nothing is handled before': async (t, { open }) => {
    const { log } = await open(t)
    await log.append(some(3))
    let mayAnswer = false
    let asked = 0
    const { values, records, subscription } = await gather(t, log, {
      startAt: async () => {
        asked++
        if (!mayAnswer) throw new Error('the database is down')
        return 'first'
      }
    })
    const partitions = (await log.bounds('calls')).length
    await eventually('it was asked again', () => asked > partitions)
    t.type(subscription.trouble(), 'string')
    t.equal(records.length, 0)
    mayAnswer = true
    await eventually('all came', () => values().length === 3)
    await eventually('all is well', () => subscription.trouble() === null)
  }
}
