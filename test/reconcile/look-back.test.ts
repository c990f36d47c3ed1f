import t from 'tap'
import { HOUR_MS } from '../../src/lib/instant.js'
import {
  callLookBacks,
  changeLookBack,
  dueLookBack,
  recordLookBack,
  settlesAfterMs
} from '../../src/reconcile/look-back.js'

const NOW = new Date('2026-11-23T12:00:00Z')
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * HOUR_MS)
const inHours = ({ byMs, everyMs }: { byMs: number; everyMs: number }) => [byMs / HOUR_MS, everyMs / HOUR_MS]

t.test('calls are read further back in widening intervals, up to the longest plausible call', async t => {
  t.strictSame(callLookBacks(12 * HOUR_MS).map(inHours), [
    [2, 0.5],
    [4, 1],
    [8, 2],
    [18.5, 3]
  ])
  t.strictSame(callLookBacks(HOUR_MS).map(inHours), [
    [2, 0.5],
    [5.5, 1]
  ])
})

t.test('rows that people change are read three days back every four hours, and further for longer calls', async t => {
  t.strictSame(inHours(changeLookBack(12 * HOUR_MS)), [72, 4])
  t.strictSame(inHours(changeLookBack(72 * HOUR_MS)), [79.5, 4])
})

for (const longest of [1, 3, 12, 24, 72])
  t.test(`with calls of up to ${longest} h every hour is read once more after it has settled`, async t => {
    const lookBacks = callLookBacks(longest * HOUR_MS)
    const readAt = new Map<number, Date>()
    const reads: { from: number; until: number }[] = []
    const step = HOUR_MS / 2
    for (let now = 0; now < 300 * HOUR_MS; now += step) {
      const lookBack = dueLookBack(lookBacks, readAt, new Date(now))
      reads.push({ from: now - step - (lookBack?.byMs ?? HOUR_MS), until: now })
      if (lookBack) recordLookBack(lookBacks, readAt, { byMs: lookBack.byMs, at: new Date(now) })
    }
    for (let hour = 0; hour < 150 * HOUR_MS; hour += HOUR_MS)
      t.ok(
        reads.some(({ from, until }) => from <= hour && until >= hour + HOUR_MS + settlesAfterMs(longest * HOUR_MS)),
        `hour ${hour / HOUR_MS}`
      )
    const dayOfReads = reads.filter(({ until }) => until >= 200 * HOUR_MS && until < 224 * HOUR_MS)
    const hoursRead = dayOfReads.reduce((sum, { from, until }) => sum + (until - from) / HOUR_MS, 0)
    t.ok(hoursRead / 24 < 24, `${hoursRead / 24} hours are read per hour`)
  })

t.test('a reading that reaches further replaces the nearer look-backs, and not the further ones', async t => {
  const lookBacks = callLookBacks(12 * HOUR_MS)
  const readAt = new Map<number, Date>()
  t.equal(dueLookBack(lookBacks, readAt, NOW)?.byMs, 18.5 * HOUR_MS, 'everything is due at the start')
  recordLookBack(lookBacks, readAt, { byMs: 18.5 * HOUR_MS, at: hoursAgo(2.5) })
  t.equal(dueLookBack(lookBacks, readAt, NOW)?.byMs, 8 * HOUR_MS)
  recordLookBack(lookBacks, readAt, { byMs: 8 * HOUR_MS, at: hoursAgo(0) })
  t.equal(dueLookBack(lookBacks, readAt, NOW), null)
  t.equal(dueLookBack(lookBacks, readAt, hoursAgo(-0.5))?.byMs, 18.5 * HOUR_MS)
})
