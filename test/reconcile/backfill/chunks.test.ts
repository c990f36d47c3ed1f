import t from 'tap'
import { nextChunk, nextDays } from '../../../src/reconcile/backfill/chunks.js'

const at = (text: string) => new Date(`2026-11-${text}:00:00Z`)
const INTERVAL = { from: at('20T10'), until: at('26T08') }

t.test('chunks of any length are adjacent, run from the end to the beginning, and are cut at midnight', async t => {
  for (const days of [1, 2, 7]) {
    const chunks = []
    for (let readFrom = INTERVAL.until; ; ) {
      const chunk = nextChunk(INTERVAL, readFrom, days)
      if (!chunk) break
      t.strictSame(chunk.until, readFrom)
      chunks.push(chunk)
      readFrom = chunk.from
    }
    t.strictSame(chunks.at(-1)?.from, INTERVAL.from)
    t.strictSame(
      chunks.slice(0, -1).filter(({ from }) => from.getUTCHours() !== 0),
      []
    )
    t.equal(chunks.length, { 1: 7, 2: 4, 7: 1 }[days])
  }
  t.equal(nextChunk(INTERVAL, INTERVAL.from, 1), null)
})

t.test('chunks grow to a week while days have few rows, and shrink when days have many', async t => {
  t.strictSame(
    [
      [1, 0],
      [4, 199],
      [7, 0],
      [4, 200],
      [4, 1_000],
      [7, 1_001],
      [1, 5_000]
    ].map(([days = 0, rows = 0]) => nextDays(days, rows)),
    [2, 7, 7, 4, 4, 3, 1]
  )
})
