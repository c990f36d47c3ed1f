import t from 'tap'
import { lineOf, problemLines, summaryLine } from './report.js'

const SUCCESS = {
  seed: 17,
  acknowledged: 90,
  rejected: 10,
  lost: 0,
  duplicated: 0,
  stuck: 0,
  unavailableMs: 3_120,
  recoveredMs: 1_500,
  durationMs: 17_000,
  problems: []
}
const FAILURE = { ...SUCCESS, seed: 18, lost: 2, problems: ['lost: a', 'lost: b'] }

t.test('a run is reported in one line', async t => {
  t.equal(
    lineOf(SUCCESS),
    'seed 17  acknowledged 90  rejected 10  lost 0  duplicated 0  stuck 0  ' +
      'unavailable 3.1 s  recovered in 1.5 s  took 17.0 s  ok'
  )
  t.match(lineOf(FAILURE), /lost 2 .* FAILED$/)
})

t.test('all runs are summarized in one line with the failed seeds', async t => {
  t.equal(
    summaryLine([SUCCESS, SUCCESS]),
    '2 runs  acknowledged 180  rejected 20  lost 0  duplicated 0  stuck 0  longest unavailability 3.1 s  ok'
  )
  t.match(summaryLine([SUCCESS, FAILURE]), /lost 2 .* FAILED: seed 18$/)
})

t.test('the first problems are shown, with the number of the others', async t => {
  t.strictSame(problemLines(['a', 'b']), ['  a', '  b'])
  const lines = problemLines(Array.from({ length: 100 }, (_, i) => `lost: ${i}`))
  t.equal(lines.length, 21)
  t.equal(lines.at(-1), '  and 80 more')
})
