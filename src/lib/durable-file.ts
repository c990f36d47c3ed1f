import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Replaces a small file so that after a crash or a power failure it has the old content or the new one, and that the
 * new one is kept once this returns: writes and syncs a temporary file, renames it, and syncs the directory.
 */
export function writeDurably(file: string, text: string, { mode }: { mode: number }): void {
  const fresh = `${file}.new`
  const handle = openSync(fresh, 'w', mode)
  try {
    writeFileSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(fresh, file)
  syncDirectory(path.dirname(file))
}

/** Creates a directory and the missing ones above it, so that they still exist after a power failure. */
export function createDirectoryDurably(directory: string, { mode }: { mode: number }): void {
  const created = path.resolve(directory)
  const first = mkdirSync(created, { recursive: true, mode })
  if (first === undefined) return
  const parents = [path.dirname(created)]
  while (parents[0]?.startsWith(first)) parents.unshift(path.dirname(parents[0]))
  for (const parent of parents) syncReadable(parent)
}

/** A directory above, in which this process may create entries, need not be readable by it. */
function syncReadable(directory: string): void {
  try {
    syncDirectory(directory)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'EACCES') throw err // node:fs throws only these
  }
}

/** Makes the names of new and renamed files in the directory durable. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
