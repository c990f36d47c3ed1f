import { LAYOUT, type LayoutEntry } from '../layout.js'
import { table } from './markdown.js'

/** The table of CONTRIBUTING.md: the purpose of each entry of src, and what it may import. */
export function layoutTable(): string {
  return table(['src/', 'What it holds', 'What it may import'], LAYOUT.map(rowOf))
}

function rowOf({ name, purpose, imports, why }: LayoutEntry): string[] {
  const allowed = imports.map(rule =>
    rule.startsWith('type ') ? `\`${rule.slice('type '.length)}\` (types)` : `\`${rule}\``
  )
  return [`\`${name}\``, purpose, `${allowed.join(', ') || 'nothing'}${why ? `. ${why}` : ''}`]
}
