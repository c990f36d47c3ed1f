import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The folder of package.json. Files that the build does not copy, such as SQL migrations, are located from here. */
export const PROJECT_ROOT = rootAbove(import.meta.dirname)

export function packageVersion(): string {
  // the package.json of this package has a version
  const { version } = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as { version: string }
  return version
}

function rootAbove(dir: string): string {
  if (existsSync(path.join(dir, 'package.json'))) return dir
  const parent = path.dirname(dir)
  return parent === dir ? process.cwd() : rootAbove(parent)
}
