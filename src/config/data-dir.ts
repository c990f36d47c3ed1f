import { accessSync, constants } from 'node:fs'
import { DataDirError } from '../errors.js'
import { createDirectoryDurably } from '../lib/durable-file.js'

/**
 * Creates the data directory, unless it exists.
 * @throws DataDirError  the directory cannot be created or written
 */
export function createDataDir(dir: string): void {
  try {
    // 711: when the service runs as root, Postgres runs as another user and must be able to pass through
    createDirectoryDurably(dir, { mode: 0o711 })
    accessSync(dir, constants.W_OK | constants.X_OK)
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException // node:fs throws only these
    const advice =
      code === 'EEXIST' || code === 'ENOTDIR'
        ? 'the path, or a part of it, is not a directory: set DATA_DIR'
        : 'make it writable, or set DATA_DIR'
    throw new DataDirError(`${dir} cannot be written (${code}): ${advice}`)
  }
}
