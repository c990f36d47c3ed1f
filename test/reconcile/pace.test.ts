import t from 'tap'
import { isDue } from '../../src/reconcile/pace.js'

const NOW = new Date('2026-11-23T12:00:00Z')
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000)
const EVER = null

const CASES = [
  ['a route that was never read is due', 'numbers', EVER, EVER, true],
  ['with traffic, calls are due after five minutes', 'calls', 5, 1, true],
  ['and not before', 'calls', 4.9, 1, false],
  ['half an hour after the last traffic it is quiet', 'calls', 5, 30, false],
  ['then they are due after a quarter of an hour', 'calls', 15, 30, true],
  ['an account without any traffic is quiet', 'journal', 14, EVER, false],
  ['numbers are read twice a day', 'numbers', 11 * 60, 1, false],
  ['at most', 'numbers', 12 * 60, 1, true]
] as const

for (const [name, route, lastRead, lastTraffic, due] of CASES) {
  t.test(name, async t => {
    t.equal(isDue({ route, lastReadAt: lastRead === null ? null : ago(lastRead), lastTrafficAt: lastTraffic === null ? null : ago(lastTraffic), now: NOW }), due)
  })
}
