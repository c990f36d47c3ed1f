import { accessSync, constants, mkdirSync } from 'node:fs'
import { DataDirError } from '../errors.js'

/**
 * Makes the folder that holds all that this machine keeps.
 * @throws DataDirError  it cannot be made or written
 */
export function prepareDataDir(dir: string): void {
  try {
    // others may pass, but not look: run by root, Postgres has an account of its own
    mkdirSync(dir, { recursive: true, mode: 0o711 })
    accessSync(dir, constants.W_OK | constants.X_OK)
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException // node:fs throws nothing else
    const advice =
      code === 'EEXIST' || code === 'ENOTDIR'
        ? 'it, or what it lies in, is no folder: set DATA_DIR'
        : 'make it writable, or set DATA_DIR'
    throw new DataDirError(`${dir} cannot be written (${code}): ${advice}`)
  }
}
