// Compiles TypeScript to dist/ with esbuild: one output file per source file, without a type check ("npm run check"
// does that).
//
//   node scripts/build.mjs          src only, which is what runs and what is published
//   node scripts/build.mjs --all    src, test and scripts
//   node scripts/build.mjs --clean  removes what was compiled before, first
//
// Plain JavaScript, because it runs before anything is compiled.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '..')
const OUTPUT = path.join(ROOT, 'dist')

const folders = process.argv.includes('--all') ? ['src', 'test', 'scripts'] : ['src']
const started = performance.now()
// before esbuild is loaded: this is the first sign of life after "npm start"
process.stderr.write(`Compiling ${folders.join(', ')} to dist …\n`)

if (process.argv.includes('--clean')) {
  for (const folder of folders) rmSync(path.join(OUTPUT, folder), { recursive: true, force: true })
}
const { build } = await loadEsbuild()
const sources = folders.flatMap(sourcesIn)
await compile(sources)
for (const folder of folders) removeStaleOutput(folder, new Set(sources))
process.stderr.write(`Compiled ${sources.length} files in ${((performance.now() - started) / 1000).toFixed(1)} s\n`)

async function loadEsbuild() {
  try {
    return await import('esbuild')
  } catch (err) {
    if (err.code !== 'ERR_MODULE_NOT_FOUND') throw err
    process.stderr.write('The dependencies are not installed: run "npm ci" first.\n')
    process.exit(1)
  }
}

function sourcesIn(folder) {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map(name => path.join(folder, name))
}

async function compile(entryPoints) {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints,
    outbase: ROOT,
    outdir: OUTPUT,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
    write: false
  }).catch(() => process.exit(1)) // esbuild has printed the errors
  for (const file of outputFiles) replaceIfChanged(file)
}

/** Writes whole files only, and none that is the same: another process may be loading them. */
function replaceIfChanged({ path: file, contents }) {
  if (existsSync(file) && readFileSync(file).equals(contents)) return
  mkdirSync(path.dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, contents)
  renameSync(temporary, file)
}

/** Removes the output of source files that were moved or deleted; after the build, as a running service keeps its files. */
function removeStaleOutput(folder, current) {
  const compiled = path.join(OUTPUT, folder)
  if (!existsSync(compiled)) return
  for (const name of readdirSync(compiled, { recursive: true, encoding: 'utf8' })) {
    const source = path.join(folder, name.replace(/\.js(\.map)?$/, '.ts'))
    if (/\.js(\.map)?$/.test(name) && !current.has(source)) rmSync(path.join(compiled, name))
  }
}
