import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

const COMPILED = path.join(PROJECT_ROOT, 'dist')

const LONG = path.join('test', 'full')

/**
 * Compiled test files whose path holds one of the words, or all of them. A file whose source was removed is not run.
 * @param options.full  those of test/full, which take minutes, instead of all others
 */
export function selectTests(words: readonly string[], { full }: { full: boolean }): string[] {
  return readdirSync(path.join(COMPILED, 'test'), { recursive: true, encoding: 'utf8' })
    .map(name => path.join('test', name))
    .filter(name => name.endsWith('.test.js') && existsSync(path.join(PROJECT_ROOT, name.replace(/js$/, 'ts'))))
    .filter(name => name.startsWith(LONG + path.sep) === full)
    .filter(name => words.length === 0 || words.some(word => name.includes(word)))
    .map(name => path.join('dist', name))
    .sort()
}

/**
 * True when one of the files imports the module, be it through others: a broker takes 3 s to start, and few tests need
 * it.
 */
export function anyImports(files: readonly string[], module: string): boolean {
  const seen = new Set<string>()
  const queue = files.map(file => path.join(PROJECT_ROOT, file))
  for (let file = queue.pop(); file; file = queue.pop()) {
    if (seen.has(file) || !existsSync(file)) continue
    seen.add(file)
    if (path.relative(COMPILED, file) === module) return true
    queue.push(...importsOf(file))
  }
  return false
}

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*['"](\.[^'"]*)['"]/g)].map(found =>
    path.join(path.dirname(file), found[1] ?? '')
  )
}
