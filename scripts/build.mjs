// Compiles TypeScript to dist/ with esbuild, without a type check ("npm run check" does that).
//
//   node scripts/build.mjs          the program (dist/src/main.js) and the client, which is what runs and is published
//   node scripts/build.mjs --all    the same, and one output file for each other file of src, test and scripts
//   node scripts/build.mjs --clean  removes what was compiled before, first
//
// The program is bundled, with the dependencies that consist of many small modules: loading those one by one takes
// longer than everything else that a start does. The rest of the dependencies is loaded from node_modules.
//
// Plain JavaScript, because it runs before anything is compiled.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '..')
const OUTPUT = path.join(ROOT, 'dist')
const BUNDLED_ENTRIES = ['src/main.ts', 'src/client/client.ts']
const BUNDLED_DEPENDENCIES = ['csv-stringify', 'drizzle-orm', 'libphonenumber-js', 'typebox']
const NOTICES = path.join(OUTPUT, 'src/bundled-licenses.txt')
const OPTIONS = {
  absWorkingDir: ROOT,
  outbase: ROOT,
  outdir: OUTPUT,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
  write: false
}

const folders = process.argv.includes('--all') ? ['src', 'test', 'scripts'] : ['src']
const started = performance.now()
// before esbuild is loaded: this is the first sign of life after "npm start"
process.stderr.write(`Compiling ${folders.join(', ')} to dist …\n`)

if (process.argv.includes('--clean')) {
  for (const folder of folders) rmSync(path.join(OUTPUT, folder), { recursive: true, force: true })
}
const { build } = await loadEsbuild()
const sources = folders.flatMap(sourcesIn)
const separate = sources.filter(name => !BUNDLED_ENTRIES.includes(name))
const outputs = await Promise.all([bundle(), ...(folders.length > 1 ? [compile(separate)] : [])])
const written = outputs.flat().map(replaceIfChanged)
for (const folder of folders) removeStaleOutput(folder, new Set(sources), new Set(written))
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
  const { outputFiles } = await build({ ...OPTIONS, entryPoints }).catch(() => process.exit(1)) // esbuild printed them
  return outputFiles
}

async function bundle() {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: BUNDLED_ENTRIES,
    bundle: true,
    splitting: true,
    metafile: true,
    chunkNames: 'src/chunks/[name]-[hash]',
    external: [
      ...Object.keys({ ...dependencies, ...optionalDependencies }).filter(name => !BUNDLED_DEPENDENCIES.includes(name)),
      'pg-native'
    ]
  }).catch(() => process.exit(1))
  return [...outputFiles, { path: NOTICES, contents: Buffer.from(noticesOf(Object.keys(metafile.inputs))) }]
}

/** The licenses of the bundled packages, which have to be distributed with them. */
function noticesOf(inputs) {
  const directories = inputs.flatMap(name => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? [])
  return [...new Set(directories)]
    .sort()
    .map(name => {
      const directory = path.join(ROOT, name)
      const { name: title, version, license } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'))
      const file = readdirSync(directory).find(entry => /^licen[cs]e/i.test(entry))
      const text = file ? readFileSync(path.join(directory, file), 'utf8').trim() : ''
      return `${title} ${version}, ${license}\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** Replaces files as a whole, and only those that changed: another process may be loading them. */
function replaceIfChanged({ path: file, contents }) {
  if (existsSync(file) && readFileSync(file).equals(contents)) return file
  mkdirSync(path.dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, contents)
  renameSync(temporary, file)
  return file
}

/** Removes the output of source files that were moved or deleted. Called after the build: a service may be running. */
function removeStaleOutput(folder, current, written) {
  const compiled = path.join(OUTPUT, folder)
  for (const name of readdirSync(compiled, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(compiled, name)
    const source = path.join(folder, name.replace(/\.js(\.map)?$/, '.ts'))
    if (/\.js(\.map)?$/.test(name) && !current.has(source) && !written.has(file)) rmSync(file)
  }
}
