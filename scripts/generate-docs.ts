// Writes the documents that are generated from the code: npm run docs
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../src/lib/package-root.js'
import { generatedDocs } from './docs/generated.js'

const docs = await generatedDocs()
// so that no schema of a removed event type remains
rmSync(path.join(PROJECT_ROOT, 'docs/schemas'), { recursive: true, force: true })
for (const [name, text] of docs) {
  const file = path.join(PROJECT_ROOT, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  console.log(name)
}
