// Plants one mistake after another into the folds, and fails for each that no test notices:
//
//   npm run test:mutations
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { MUTATIONS, type Mutation } from './mutations.js'

/** The suite of the folds, each as a process that ends with 0 when all is well. */
const SUITE = [['dist/test/project/calls.test.js'], ['dist/test/properties/main.js', '--runs', '300', '--seed', '1']]

const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-mutations-'))
try {
  for (const name of ['dist', 'package.json', 'test/properties/examples.json'])
    cpSync(path.join(PROJECT_ROOT, name), path.join(dir, name), { recursive: true })
  symlinkSync(path.join(PROJECT_ROOT, 'node_modules'), path.join(dir, 'node_modules'))
  if (isNoticed()) throw new Error('the suite fails without a mistake: run npm test')
  let missed = 0
  for (const mutation of MUTATIONS) {
    const noticed = withMistake(mutation, isNoticed)
    if (!noticed) missed++
    console.log(`${noticed ? 'noticed' : 'MISSED '}  ${mutation.name}`)
  }
  console.log(`${MUTATIONS.length - missed} passed, ${missed} failed`)
  process.exitCode = missed > 0 ? 1 : 0
} finally {
  rmSync(dir, { recursive: true, force: true })
}

function isNoticed(): boolean {
  return SUITE.some(
    args => spawnSync(process.execPath, args, { cwd: dir, stdio: 'ignore', timeout: 120_000 }).status !== 0
  )
}

function withMistake<T>({ name, file, find, replace }: Mutation, work: () => T): T {
  const place = path.join(dir, 'dist/src/project/models', file)
  const right = readFileSync(place, 'utf8')
  if (!right.includes(find)) throw new Error(`nowhere to plant "${name}": ${file} has changed`)
  writeFileSync(
    place,
    right.replaceAll(find, () => replace)
  )
  try {
    return work()
  } finally {
    writeFileSync(place, right)
  }
}
