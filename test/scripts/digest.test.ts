import t from 'tap'
import { createDigest, failureNames, relevantLines } from '../../scripts/testing/digest.js'
import { type FileReport, REPORT } from '../../scripts/testing/report.js'

const PASSED_REPORT = { file: 'a.test.ts', milliseconds: 3, passed: 1, failed: 0, skipped: 1, faults: [] }
const FAILED_REPORT = { file: 'b.test.ts', milliseconds: 4, passed: 1, failed: 2, skipped: 0, faults: [] }
const PASSED = [
  '# Subtest: a.test.ts',
  '    ok 1 - fine',
  '    ok 2 - no broker # SKIP',
  '    1..2',
  'ok 1 - a.test.ts # time=3ms'
]
const FAILED = [
  '# Subtest: b.test.ts',
  '    # Subtest: adds',
  '        not ok 1 - should be equal',
  '          ---',
  '          diff: 1',
  '          ...',
  '        1..1',
  '    not ok 1 - adds # time=2ms',
  '    ok 2 - more',
  '    not ok 3 - breaks # time=1ms',
  '    1..3',
  'not ok 2 - b.test.ts # time=4ms'
]

const outputOf = (lines: string[], report: FileReport) =>
  `${[...lines, `# ${REPORT}${JSON.stringify(report)}`].join('\n')}\n`
const OUTPUT = outputOf(PASSED, PASSED_REPORT) + outputOf(FAILED, FAILED_REPORT)
const ENDED = [
  { ...PASSED_REPORT, ok: true, lines: PASSED },
  { ...FAILED_REPORT, ok: false, lines: FAILED }
]

t.test('returns a file when its report is complete, even from fragmented output', async t => {
  t.strictSame(createDigest().write(OUTPUT), ENDED)
  const digest = createDigest()
  t.strictSame(
    [...OUTPUT].flatMap(character => digest.write(character)),
    ENDED
  )
  t.strictSame(digest.end(), [])
})

t.test('returns the lines of a file that has not ended', async t => {
  const digest = createDigest()
  digest.write(`${outputOf(PASSED, PASSED_REPORT)}# Subtest: c.test.ts\n    ok 1 - fi`)
  t.strictSame(digest.end(), ['# Subtest: c.test.ts', '    ok 1 - fi'])
})

t.test('a file fails by its result, by a failed assertion and by a fault', async t => {
  for (const [lines, report] of [
    [['not ok 1 - a.test.ts'], PASSED_REPORT],
    [PASSED, { ...PASSED_REPORT, failed: 1 }],
    [PASSED, { ...PASSED_REPORT, faults: ['left open: Timeout'] }]
  ] as const)
    t.match(createDigest().write(outputOf([...lines], { ...report, faults: [...report.faults] })), [{ ok: false }])
})

t.test('prints the skipped tests of a passed file, and all lines of a failed file', async t => {
  t.strictSame(relevantLines({ ok: true, lines: PASSED }), ['    ok 2 - no broker # SKIP'])
  t.strictSame(relevantLines({ ok: false, lines: FAILED }), FAILED.slice(0, -1))
})

t.test('a failure is named by the path of its tests', async t => {
  t.strictSame(failureNames(PASSED), [])
  t.strictSame(failureNames(FAILED), ['b.test.ts > adds > should be equal', 'b.test.ts > breaks'])
})
