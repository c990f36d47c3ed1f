import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
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

/** Makes the names of new and renamed files in the directory durable. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
