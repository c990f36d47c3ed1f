import t from 'tap'
import { createDemoClock } from '../../src/simulator/demo-clock.js'

const START = new Date('2026-11-23T08:00:00Z')
const HOUR_MS = 3_600_000

t.test('a wait of the clock ends sooner when the clock is made faster meanwhile', async t => {
  const clock = createDemoClock(START)
  const waiting = clock.wait(HOUR_MS)
  clock.setRate(1_000_000)
  await waiting
  t.ok(clock.now().getTime() >= START.getTime() + HOUR_MS)
})

t.test('the time is continuous when the rate changes', async t => {
  const clock = createDemoClock(START)
  const before = clock.now().getTime()
  clock.setRate(0.001)
  t.ok(clock.now().getTime() >= before)
  t.ok(clock.now().getTime() < START.getTime() + HOUR_MS)
})

t.test('a wait ends when its signal aborts', async t => {
  const clock = createDemoClock(START)
  const abort = new AbortController()
  const waiting = clock.wait(HOUR_MS, abort.signal)
  abort.abort()
  await waiting
  t.ok(clock.now().getTime() < START.getTime() + HOUR_MS)
})
