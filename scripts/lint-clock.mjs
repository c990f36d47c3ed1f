// Checks that neither the service nor its tests depend on the time of day or on unseeded randomness:
//
//   node scripts/lint-clock.mjs
//
// In src and in the migrations, only the clock module reads the time of day: elsewhere the clock is an argument, and
// `performance.now()` measures durations. In test, random values come from a seed of test/support/seeds.ts.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

/** The places that read the time or draw a random number without an argument, with the reason. */
const EXCEPTIONS = [
  ['src/lib/clock.ts', 'new Date()', 'the clock module'],
  [
    'src/db/changes.ts',
    'clock_timestamp()',
    'only orders and ages the rows of one table, which several processes write: they share the clock of the database'
  ],
  ['src/db/reporting/views.ts', 'now()', 'a view takes no argument: it shows the present of the database'],
  ['test/support/seeds.ts', 'Math.random', 'draws a seed when TEST_SEED=random asks for it'],
  ['test/support/free-ports.ts', 'randomInt', 'parallel tests must not try the same ports'],
  ['test/chaos/main.ts', 'Math.random', 'a program that is run manually and prints its seed'],
  ['test/properties/main.ts', 'Math.random', 'a program that is run manually and prints its seed']
]

const SQL_CLOCK = new RegExp(
  /\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)/.source +
    /|\b(?:current_(?:timestamp|date|time)|localtime(?:stamp)?)\b/.source,
  'gi'
)

/** Matches every text in which `findClockReads` or `findUnseeded` can find something. */
const SUSPICIOUS = new RegExp(
  /\bDate\s*(?:\(\s*\)|\.\s*now)|\bnew\s+Date\s*(?![\s(])|\b(?:defaultNow|random|randomInt|numRuns)\b/.source +
    `|${SQL_CLOCK.source}`,
  'i'
)

const findings = [
  ...filesIn('src', '.ts').flatMap(file => findingsIn(file, findClockReads)),
  ...filesIn('drizzle', '.sql').flatMap(file =>
    [...readFileSync(file, 'utf8').matchAll(SQL_CLOCK)].map(([what]) => ({ file, line: 1, what }))
  ),
  ...filesIn('test', '.ts').flatMap(file => findingsIn(file, findUnseeded))
]
const isException = ({ file, what }) => EXCEPTIONS.some(([name, allowed]) => name === file && allowed === what)
const problems = [
  ...findings
    .filter(finding => !isException(finding))
    .map(({ file, line, what }) => `${file}:${line}: ${what}: take the clock or the seed as an argument`),
  ...EXCEPTIONS.filter(([name, allowed]) => !findings.some(({ file, what }) => name === file && allowed === what)).map(
    ([name, allowed]) => `${name}: ${allowed} does not occur there any more: remove the exception`
  )
]
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0

function filesIn(dir, extension) {
  return readdirSync(dir, { recursive: true })
    .filter(name => name.endsWith(extension))
    .map(name => path.join(dir, name))
    .sort()
}

function findingsIn(file, find) {
  const text = readFileSync(file, 'utf8')
  if (!SUSPICIOUS.test(text)) return [] // parsing takes much longer
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found = []
  const visit = node => {
    for (const what of find(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart())
      found.push({ file, line: line + 1, what })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function findClockReads(node) {
  if (ts.isNewExpression(node) && isNamed(node.expression, 'Date') && !node.arguments?.length) return ['new Date()']
  if (ts.isCallExpression(node) && isNamed(node.expression, 'Date')) return ['Date()']
  if (ts.isPropertyAccessExpression(node)) {
    if (isNamed(node.expression, 'Date') && node.name.text === 'now') return ['Date.now']
    if (node.name.text === 'defaultNow') return ['defaultNow']
  }
  const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
  return isText ? [...node.text.matchAll(SQL_CLOCK)].map(([what]) => what.toLowerCase()) : []
}

function findUnseeded(node) {
  if (ts.isPropertyAccessExpression(node) && isNamed(node.expression, 'Math') && node.name.text === 'random')
    return ['Math.random']
  if (ts.isCallExpression(node) && isNamed(node.expression, 'randomInt')) return ['randomInt']
  if (ts.isObjectLiteralExpression(node)) {
    const names = node.properties.map(property => property.name?.getText())
    if (names.includes('numRuns') && !names.includes('seed')) return ['numRuns without a seed']
  }
  return []
}

function isNamed(node, name) {
  return ts.isIdentifier(node) && node.text === name
}
