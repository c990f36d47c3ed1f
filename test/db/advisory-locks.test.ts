import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { LOCK_CLASSES, LOCKS } from '../../src/db/advisory-locks.js'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

t.test('no two locks have the same number, since their holders would block each other', async t => {
  for (const locks of [LOCKS, LOCK_CLASSES]) t.equal(new Set(Object.values(locks)).size, Object.keys(locks).length)
})

t.test('no other file defines the number of a lock', async t => {
  const files = readdirSync(path.join(PROJECT_ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    file => file.endsWith('.ts') && !file.endsWith('advisory-locks.ts')
  )
  t.ok(files.length > 100)
  for (const file of files)
    t.notMatch(readFileSync(path.join(PROJECT_ROOT, 'src', file), 'utf8'), /(?<!B)LOCK\w* = [\d_]+\b/, file)
})
