import fc from 'fast-check'
import t from 'tap'
import Type from 'typebox'
import { createCsvWriter, withoutFormula } from '../../../src/api/list/csv.js'
import { seedOf } from '../../support/seeds.js'

const item = Type.Object({
  name: Type.Union([Type.String(), Type.Null()]),
  at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  count: Type.Integer(),
  legs: Type.Array(Type.Object({ extension: Type.String() }))
})
const plain = createCsvWriter(item, { bom: false, timeZoneOf: null })
const lineOf = (name: string, extension = '101') => plain.lines([{ name, at: null, count: -5, legs: [{ extension }] }])

/** A text, and how its cell looks in the file. */
const CELLS: [text: string, cell: string][] = [
  ['plain', 'plain'],
  ['Café Zoë', '"Café Zoë"'],
  ['Smith - Jones', '"Smith - Jones"'],
  ['+12025550123', '+12025550123'],
  ['=1+1', '"\'=1+1"'],
  ['Shop;=1+1', '"Shop;\'=1+1"'],
  ['Shop;@SUM(1)', '"Shop;\'@SUM(1)"'],
  ['Shop,=1+1', '"Shop,\'=1+1"'],
  ['Shop\t=1+1', '"Shop\t\'=1+1"'],
  ['Shop|-1', '"Shop|\'-1"'],
  ['Shop\r=1+1', '"Shop\r\'=1+1"'],
  ['Shop\n=1+1', '"Shop\n\'=1+1"'],
  ['Shop\u2028=1+1', '"Shop\u2028\'=1+1"'],
  ['Shop; =1+1', '"Shop;\' =1+1"'],
  ['Shop;"=1+1"', '"Shop;\'""=1+1"""'],
  ['\u200B=1+1', '"\'\u200B=1+1"'],
  [' =1+1', '"\' =1+1"'],
  ['\tx', '"\'\tx"'],
  ['\rx', '"\'\rx"'],
  ['＝1', '"\'＝1"'],
  ['＋1', '"\'＋1"'],
  ['－1', '"\'－1"'],
  ['＠SUM(1)', '"\'＠SUM(1)"'],
  ['﹦1', '"\'﹦1"'],
  ['Shop;＝1', '"Shop;\'＝1"'],
  ['a "quoted", name', '"a ""quoted"", name"']
]

t.test('a text is one cell, and starts no formula whatever separates the cells', async t => {
  for (const [text, cell] of CELLS) t.equal(lineOf(text).split(',,-5')[0], cell, encodeURI(text))
})

t.test('no reader of the file finds a formula, even one that takes another character for the separator', async t => {
  const formula = /^[\s\p{Cf}\p{Cc}"]*[=@+\-＝＋－＠﹦﹢﹣﹫]/u
  const anyText = fc
    .array(fc.constantFrom(...'=+-@＝＠;,|\t\r\n"\' \u200Ba1'), { maxLength: 12 })
    .map(chars => chars.join(''))
  const isSafe = () =>
    fc.assert(
      fc.property(anyText, anyText, (name, extension) => {
        const file = lineOf(name, extension).replace(/,-5,/, ',5,')
        for (const separator of [',', ';', '\t', '|'])
          for (const cell of file.split(/[\r\n]/).flatMap(line => line.split(separator)))
            if (formula.test(cell)) throw new Error(`${JSON.stringify(file)}: ${JSON.stringify(cell)}`)
      }),
      { seed: seedOf(), numRuns: 2_000 }
    )
  t.doesNotThrow(isSafe)
})

t.test('a text without separators and formulas stays as it is', async t => {
  for (const text of ['', 'a', 'a-b', 'mail@example.org', '1=1', '+12025550123', "O'Hara"])
    t.equal(withoutFormula(text), text)
})

t.test('a list is JSON that can be read', async t => {
  const line = lineOf('a', '=1;=2')
  t.equal(line, `a,,-5,"[{""extension"":""'=1;'=2""}]"\r\n`)
  t.strictSame(JSON.parse(line.slice('a,,-5,"'.length, -3).replaceAll('""', '"')), [{ extension: "'=1;'=2" }])
})

t.test('a file may begin with a byte order mark and have local times', async t => {
  const { header, lines } = createCsvWriter(item, { bom: true, timeZoneOf: () => 'Europe/Berlin' })
  t.equal(header(), '\uFEFFname,at,count,legs\r\n')
  const at = (instant: string) => lines([{ name: 'a', at: instant, count: 1, legs: [] }])
  t.equal(at('2026-11-23T08:00:00.123Z'), 'a,"2026-11-23 09:00:00",1,"[]"\r\n')
  t.equal(at('2026-07-01T22:30:00.000Z'), 'a,"2026-07-02 00:30:00",1,"[]"\r\n', 'in summer, after midnight')
  t.equal(lines([{ name: null, at: null, count: 1, legs: [] }]), ',,1,"[]"\r\n')
})
