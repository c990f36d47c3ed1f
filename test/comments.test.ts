import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { PROJECT_ROOT } from '../src/lib/package-root.js'

const FOLDERS = ['src', 'test', 'scripts']
/** A path with a folder and an extension of this repository, such as `src/api/api.ts`. */
const NAMED_PATH = /(?<![\w./@:$<*-])((?:[\w-]+\/)+[\w.-]+\.(?:ts|mjs|sql|md|json|sh))\b/g

const files = FOLDERS.flatMap(folder =>
  readdirSync(path.join(PROJECT_ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => path.join(folder, name))
)

/** Returns the comments of a file: whole lines, and the text after `//` in lines of code. */
function commentsIn(file: string): string {
  const lines = readFileSync(path.join(PROJECT_ROOT, file), 'utf8').split('\n')
  return lines.flatMap(line => /^\s*(?:\/?\*|\/\/).*|\s\/\/\s.*/.exec(line)?.[0] ?? []).join('\n')
}

t.test('a path in a comment exists, relative to the root, to src, to test or to the file', async t => {
  const missing = files.flatMap(file =>
    [...commentsIn(file).matchAll(NAMED_PATH)]
      .map(found => found[1] ?? '')
      .filter(
        named =>
          !['.', 'src', 'test', 'docs', path.dirname(file)].some(from =>
            existsSync(path.join(PROJECT_ROOT, from, named))
          )
      )
      .map(named => `${file}: ${named}`)
  )
  t.strictSame(missing, [])
})

const MAX_WIDTH = 120
/** Written by a generator. */
const GENERATED = ['src/client/schema.ts']

t.test('no line is longer than the width of the formatter, which breaks neither comments nor strings', async t => {
  const long = files
    .filter(file => !GENERATED.includes(file))
    .flatMap(file =>
      readFileSync(path.join(PROJECT_ROOT, file), 'utf8')
        .split('\n')
        .flatMap((line, i) => (line.length > MAX_WIDTH ? [`${file}:${i + 1}`] : []))
    )
  t.strictSame(long, [])
})
