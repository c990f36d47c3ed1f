// Injects one bug after another into the folds, and fails for each that no test detects:
//
//   npm run test:mutations                  all of them
//   npm run test:mutations -- --sample 3    three of them, evenly spread over the list
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { transformSync } from 'esbuild'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { MUTATIONS, type Mutation } from './mutations.js'

const MODELS = 'src/project/models'

/** The tests of the folds. Each is a process that exits with code 0 when it passes. */
const SUITE = [
  ['dist/test/project/models/calls.test.js'],
  ['dist/test/project/models/call-evidence.test.js'],
  ['dist/test/properties/main.js', '--runs', '300', '--seed', '1']
]

const { values } = parseArgs({ options: { sample: { type: 'string', default: String(MUTATIONS.length) } } })
const mutations = sampleOf(MUTATIONS, Number(values.sample))
const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-mutations-'))
try {
  for (const name of ['dist', 'package.json', 'test/properties/examples.json'])
    cpSync(path.join(PROJECT_ROOT, name), path.join(dir, name), { recursive: true })
  symlinkSync(path.join(PROJECT_ROOT, 'node_modules'), path.join(dir, 'node_modules'))
  if (suiteFails()) throw new Error('the tests of the folds fail without a mutation: run npm test')
  let missed = 0
  for (const mutation of mutations) {
    const isDetected = withMutation(mutation, suiteFails)
    if (!isDetected) missed++
    console.log(`${isDetected ? 'detected' : 'MISSED  '}  ${mutation.name}`)
  }
  console.log(`${mutations.length - missed} passed, ${missed} failed`)
  process.exitCode = missed > 0 ? 1 : 0
} finally {
  rmSync(dir, { recursive: true, force: true })
}

function sampleOf<T>(list: readonly T[], size: number): T[] {
  const count = Math.min(size, list.length)
  // the cast holds because the index is in range
  return Array.from({ length: count }, (_, i) => list.slice(Math.floor((i * list.length) / count))[0] as T)
}

function suiteFails(): boolean {
  return SUITE.some(
    args => spawnSync(process.execPath, args, { cwd: dir, stdio: 'ignore', timeout: 120_000 }).status !== 0
  )
}

/** Compiles the mutated source file into the copy of dist while `work` runs. */
function withMutation<T>({ name, file, find, replace }: Mutation, work: () => T): T {
  const source = readFileSync(path.join(PROJECT_ROOT, MODELS, file), 'utf8')
  if (!source.includes(find))
    throw new Error(`cannot apply "${name}": ${file} has changed, see test/mutations/mutations.ts`)
  const compiledFile = path.join(dir, 'dist', MODELS, file.replace(/\.ts$/, '.js'))
  const compiled = readFileSync(compiledFile, 'utf8')
  const mutated = source.replaceAll(find, () => replace)
  writeFileSync(compiledFile, transformSync(mutated, { loader: 'ts', format: 'esm', target: 'node20' }).code)
  try {
    return work()
  } finally {
    writeFileSync(compiledFile, compiled)
  }
}
