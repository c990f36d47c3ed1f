import { readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { cyclesIn, forbiddenImports, importsOfSource, LAYOUT } from '../scripts/layout.js'
import { PROJECT_ROOT } from '../src/lib/package-root.js'

const MAX_ENTRIES = 25
const imports = importsOfSource()

t.test('src holds folders, main.ts and errors.ts, and each is in the table', async t => {
  const entries = readdirSync(path.join(PROJECT_ROOT, 'src'), { withFileTypes: true })
  t.strictSame(
    entries
      .filter(entry => !entry.isDirectory())
      .map(({ name }) => name)
      .sort(),
    ['errors.ts', 'main.ts']
  )
  t.strictSame(entries.map(({ name }) => name).sort(), LAYOUT.map(({ name }) => name).sort())
  t.ok(entries.length <= MAX_ENTRIES, `${entries.length} entries, at most ${MAX_ENTRIES}`)
})

t.test('the table allows imports only from earlier entries', async t => {
  LAYOUT.forEach(({ name, imports }, at) => {
    const before = LAYOUT.slice(0, at).map(entry => entry.name)
    for (const rule of imports) {
      const target = rule.replace(/^type /, '').split('/')[0] ?? ''
      t.ok(before.includes(target), `${name} may import ${rule}`)
    }
  })
})

t.test('every import in src is allowed by the table', async t => {
  t.ok(imports.length > 1000, `${imports.length} imports were found`)
  t.strictSame(forbiddenImports(imports), [])
})

t.test('no files import each other in a circle, not even types', async t => {
  t.strictSame(cyclesIn(imports), [])
})

t.test('a forbidden import and a cycle are found', async t => {
  const upward = { from: 'db/open.ts', to: 'api/api.ts', typesOnly: true }
  const value = { from: 'receive/start.ts', to: 'event-log/port.ts', typesOnly: false }
  t.strictSame(forbiddenImports([upward, value]), [
    'src/db/open.ts imports types from src/api/api.ts',
    'src/receive/start.ts imports src/event-log/port.ts'
  ])
  const circle = [
    { from: 'a.ts', to: 'b.ts', typesOnly: true },
    { from: 'b.ts', to: 'c.ts', typesOnly: false },
    { from: 'c.ts', to: 'a.ts', typesOnly: false },
    { from: 'c.ts', to: 'd.ts', typesOnly: false }
  ]
  t.strictSame(
    cyclesIn(circle).map(files => files.sort()),
    [['a.ts', 'b.ts', 'c.ts']]
  )
})
