import { readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { layoutTable } from './layout.js'

const BEGIN = '<!-- The table is generated from scripts/layout.ts by npm run docs. -->'
const END = '<!-- End of the table. -->'

/** CONTRIBUTING.md with a new table of the layout; the rest of the page is kept. */
export function contributingPage(): string {
  const page = readFileSync(path.join(PROJECT_ROOT, 'CONTRIBUTING.md'), 'utf8')
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`CONTRIBUTING.md must contain "${BEGIN}" and then "${END}"`)
  return `${page.slice(0, begin)}${BEGIN}\n\n${layoutTable()}\n\n${page.slice(end)}`
}
