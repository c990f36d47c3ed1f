import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The folder of package.json: what tsc does not copy (SQL migrations, XML) is found from there, compiled or not. */
export const PROJECT_ROOT = rootAbove(import.meta.dirname)

export function packageVersion(): string {
  // our own file
  const { version } = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as { version: string }
  return version
}

function rootAbove(dir: string): string {
  if (existsSync(path.join(dir, 'package.json'))) return dir
  const parent = path.dirname(dir)
  return parent === dir ? process.cwd() : rootAbove(parent)
}
