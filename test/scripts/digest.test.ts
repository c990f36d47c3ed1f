import t from 'tap'
import { digest } from '../../scripts/testing/digest.js'

const PASSED =
  '# Subtest: a.test.js\n    ok 1 - fine\n    ok 2 - no broker # SKIP\n    1..2\nok 1 - a.test.js # time=3ms\n'
const FAILED = [
  '# Subtest: b.test.js',
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
  'not ok 2 - b.test.js # time=4ms',
  ''
].join('\n')
const NAMES = '# failed: b.test.js > adds > should be equal\n# failed: b.test.js > breaks\n'

t.test('a file that passed is a line, with what it skipped; one that failed is printed whole', async t => {
  const { write, end } = digest({ all: false })
  t.equal(write(PASSED), '    ok 2 - no broker # SKIP\nok 1 - a.test.js # time=3ms\n')
  t.equal(write(FAILED), FAILED)
  t.equal(write('1..2\n') + end(), `1..2\n${NAMES}`)
})

t.test('text that comes in pieces is the same, and what a file left unfinished is printed', async t => {
  const { write, end } = digest({ all: false })
  const shown = [...FAILED, ...'# Subtest: c.test.js\n    ok 1 - fi'].map(letter => write(letter)).join('') + end()
  t.equal(shown, `${FAILED}# Subtest: c.test.js\n    ok 1 - fi\n${NAMES}`)
})

t.test('everything is passed through for one who asks, and the failures still come last', async t => {
  const { write, end } = digest({ all: true })
  t.equal(write(PASSED + FAILED) + end(), PASSED + FAILED + NAMES)
})
