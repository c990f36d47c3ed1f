import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

const COMPILED = path.join(PROJECT_ROOT, 'dist')

const LONG = path.join('test', 'full')

/**
 * Test files, by the paths of their sources, whose path contains one of the words, or all of them.
 * @param options.full  those of test/full, which take minutes, instead of all others
 */
export function selectTests(words: readonly string[], { full }: { full: boolean }): string[] {
  return readdirSync(path.join(PROJECT_ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.ts'))
    .map(name => path.join('test', name))
    .filter(file => file.startsWith(LONG + path.sep) === full)
    .filter(file => words.length === 0 || words.some(word => file.includes(word)))
    .sort()
}

/** The path of the compiled file of a source file, both relative to the root of the project. */
export function compiledFile(source: string): string {
  return path.join('dist', source.replace(/\.ts$/, '.js'))
}

/** Those of the source files that import the compiled module, directly or through others. */
export function importersOf(files: readonly string[], module: string): Set<string> {
  const known = new Map<string, boolean>([[path.join(COMPILED, module), true]])
  const reaches = (file: string): boolean => {
    const answer = known.get(file)
    if (answer !== undefined) return answer
    known.set(file, false) // for the time in which its imports are followed, in case that they form a circle
    const found = existsSync(file) && importsOf(file).some(reaches)
    known.set(file, found)
    return found
  }
  return new Set(files.filter(file => reaches(path.join(PROJECT_ROOT, compiledFile(file)))))
}

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*['"](\.[^'"]*)['"]/g)].map(found =>
    path.join(path.dirname(file), found[1] ?? '')
  )
}
