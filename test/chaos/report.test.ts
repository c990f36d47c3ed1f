import t from 'tap'
import { lineOf, problemLines, summaryLine } from './report.js'

const WELL = {
  seed: 17,
  acknowledged: 90,
  refused: 10,
  lost: 0,
  doubled: 0,
  stuck: 0,
  unavailableMs: 3_120,
  recoveredMs: 1_500,
  tookMs: 17_000,
  problems: []
}
const WRONG = { ...WELL, seed: 18, lost: 2, problems: ['lost: a', 'lost: b'] }

t.test('a run is one line', async t => {
  t.equal(
    lineOf(WELL),
    'seed 17  acknowledged 90  refused 10  lost 0  doubled 0  stuck 0  unavailable 3.1 s  recovered in 1.5 s  took 17.0 s  ok'
  )
  t.match(lineOf(WRONG), /lost 2 .* WRONG$/)
})

t.test('all runs are one line, which names the seeds to run again', async t => {
  t.equal(
    summaryLine([WELL, WELL]),
    '2 runs  acknowledged 180  refused 20  lost 0  doubled 0  stuck 0  longest unavailability 3.1 s  all well'
  )
  t.match(summaryLine([WELL, WRONG]), /lost 2 .* WRONG: seed 18$/)
})

t.test('of many problems the first are shown, and how many more there are', async t => {
  t.strictSame(problemLines(['a', 'b']), ['  a', '  b'])
  const lines = problemLines(Array.from({ length: 100 }, (_, i) => `lost: ${i}`))
  t.equal(lines.length, 21)
  t.equal(lines.at(-1), '  and 80 more')
})
