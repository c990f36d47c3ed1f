import t from 'tap'
import { createFailureWindow, type RecordResult } from '../../../src/project/breaker/window.js'

const good = (count: number): RecordResult[] => Array.from({ length: count }, () => null)
const bad = (count: number, name = 'bad'): RecordResult[] => Array.from({ length: count }, (_, i) => `${name} ${i}`)

const CASES: { name: string; before: RecordResult[]; batch: RecordResult[]; excess: object | null }[] = [
  { name: 'no failure', before: [], batch: good(500), excess: null },
  { name: '19 of 19', before: [], batch: bad(19), excess: null },
  { name: '20 of 20', before: [], batch: bad(20), excess: { records: 20, failed: 20 } },
  { name: '19 before and one more', before: bad(19), batch: bad(1, 'more'), excess: { records: 20, failed: 20 } },
  { name: '19 before and only good ones', before: bad(19), batch: good(1), excess: null },
  { name: '20 of 2,000, which is 1 %', before: good(1_980), batch: bad(20), excess: null },
  { name: '21 of 2,000', before: good(1_979), batch: bad(21), excess: { records: 2_000, failed: 21 } },
  {
    name: '20 that have left the window, and one more',
    before: [...bad(20), ...good(2_000)],
    batch: bad(1),
    excess: null
  },
  {
    name: '21 at the beginning of a large batch',
    before: good(2_000),
    batch: [...bad(21), ...good(5_000)],
    excess: { records: 2_000, failed: 21 }
  },
  { name: '100 of one entity', before: [], batch: Array.from({ length: 100 }, () => 'the same'), excess: null }
]

for (const { name, before, batch, excess } of CASES) {
  t.test(`${excess ? 'exceeds the limit' : 'stays within the limit'}: ${name}`, async t => {
    const window = createFailureWindow()
    for (const result of before) window.add([result])
    t.strictSame(window.excessWith(batch), excess)
    t.strictSame(window.excessWith(batch), excess, 'the check does not add the results')
    window.clear()
    t.equal(window.excessWith([...good(100), ...bad(19)]), null, 'counting starts again')
  })
}
