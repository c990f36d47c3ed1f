import t from 'tap'
import { ROUTE_READERS } from '../../src/reconcile/routes/all-routes.js'
import { isDue } from '../../src/reconcile/schedule.js'

const NOW = new Date('2026-11-23T12:00:00Z')
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000)
const NEVER = null

function readerOf(route: string) {
  const reader = ROUTE_READERS.find(candidate => candidate.route === route)
  if (!reader) throw new Error(`no reader of ${route}`)
  return reader
}

const CASES = [
  ['a route that was never read is due', 'numbers', NEVER, NEVER, false, true],
  ['with traffic the journal is due after four and a half minutes', 'journal', 4.5, 1, false, true],
  ['with traffic the journal is not due earlier', 'journal', 4.4, 1, false, false],
  ['the journal is not due as soon half an hour after the last traffic', 'journal', 5, 30, false, false],
  ['without traffic the journal is due after a quarter of an hour', 'journal', 15, 30, false, true],
  ['the journal of an account that never had traffic is not due as soon', 'journal', 14, NEVER, false, false],
  ['calls are due after four and a half minutes while one is awaited', 'calls', 4.5, NEVER, true, true],
  ['calls are not due earlier while one is awaited', 'calls', 4.4, 1, true, false],
  ['calls are not due after 29 minutes while none is awaited', 'calls', 29, 1, false, false],
  ['numbers are not due earlier, since none can be awaited', 'numbers', 5, 1, true, false],
  ['numbers are not due after 11 hours', 'numbers', 11 * 60, 1, false, false],
  ['numbers are due after 12 hours', 'numbers', 12 * 60, 1, false, true]
] as const

for (const [name, route, lastRead, lastTraffic, isAwaited, due] of CASES) {
  t.test(name, async t => {
    t.equal(
      isDue({
        schedule: readerOf(route).schedule,
        lastReadAt: lastRead === null ? null : ago(lastRead),
        lastTrafficAt: lastTraffic === null ? null : ago(lastTraffic),
        isAwaited,
        now: NOW
      }),
      due
    )
  })
}
