import t from 'tap'
import { countRepeats } from '../../src/lib/count-repeats.js'
import { eventually } from '../support/eventually.js'

t.test('the first item of a key is reported at once, and the others of an interval as a count', async t => {
  const reports: string[] = []
  const note = countRepeats<[key: string, detail: number]>(200, {
    keyOf: ([key]) => key,
    report: ([key, detail], count) => reports.push(`${key}${detail} ×${count}`)
  })
  for (let i = 1; i <= 5; i++) note(['a', i])
  note(['b', 1])
  t.strictSame(reports, ['a1 ×1', 'b1 ×1'])
  await eventually('the interval ends', () => reports.length === 3)
  t.equal(reports[2], 'a5 ×4')
  await new Promise(resolve => setTimeout(resolve, 500))
  t.equal(reports.length, 3, 'nothing is reported when nothing happens')
  note(['a', 9])
  t.equal(reports[3], 'a9 ×1', 'after an interval without any, the next one is reported at once')
})
