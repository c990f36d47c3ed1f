// Compiles TypeScript to dist/ with esbuild: one output file per source file, without a type check ("npm run check" does that).
//
//   node scripts/build.mjs          src only, which is what runs and what is published
//   node scripts/build.mjs --all    src, test and scripts
//
// Plain JavaScript, because it runs before anything is compiled.

import { existsSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'

const ROOT = path.join(import.meta.dirname, '..')
const OUTPUT = path.join(ROOT, 'dist')

const isWhole = process.argv.includes('--all')
const folders = isWhole ? ['src', 'test', 'scripts'] : ['src']
const started = performance.now()
process.stderr.write(`Compiling ${folders.join(', ')} …\n`)

const sources = folders.flatMap(sourcesIn)
await build({
  absWorkingDir: ROOT,
  entryPoints: sources,
  outbase: ROOT,
  outdir: OUTPUT,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning'
})
for (const folder of folders) removeStaleOutput(folder, new Set(sources))
process.stderr.write(`Compiled ${sources.length} files in ${((performance.now() - started) / 1000).toFixed(1)} s\n`)

function sourcesIn(folder) {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map(name => path.join(folder, name))
}

/** Removes what was compiled from a source file that has been moved or deleted, after the build: a running service keeps its files. */
function removeStaleOutput(folder, current) {
  const compiled = path.join(OUTPUT, folder)
  if (!existsSync(compiled)) return
  for (const name of readdirSync(compiled, { recursive: true, encoding: 'utf8' })) {
    const source = path.join(folder, name.replace(/\.js(\.map)?$/, '.ts'))
    if (/\.js(\.map)?$/.test(name) && !current.has(source)) rmSync(path.join(compiled, name))
  }
}
