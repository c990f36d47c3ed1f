import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { writeDurably } from '../../src/lib/durable-file.js'
import { tempDir } from '../support/temp-dir.js'

t.test('a file is replaced as a whole, with its mode, and leaves no other', async t => {
  const directory = tempDir(t)
  const file = path.join(directory, 'secret')
  writeFileSync(`${file}.new`, 'of a write that was interrupted by a power failure', { mode: 0o600 })
  for (const text of ['first', 'second, which is longer']) {
    writeDurably(file, text, { mode: 0o600 })
    t.equal(readFileSync(file, 'utf8'), text)
    t.equal(statSync(file).mode & 0o777, 0o600)
    t.strictSame(readdirSync(directory), ['secret'])
  }
})
