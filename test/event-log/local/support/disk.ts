import fs from 'node:fs/promises'
import type { Files, LogFile } from '../../../../src/event-log/local/files.js'

/** A real disk that can be made full or broken. */
export interface Disk extends Files {
  /** The number of bytes that can still be written. */
  freeBytes: number
  datasync: () => Promise<void>
  truncate: () => Promise<void>
  open: (path: string, flags: string, mode?: number) => Promise<LogFile>
}

export function createDisk(): Disk {
  const disk: Disk = {
    freeBytes: Infinity,
    datasync: async () => {},
    truncate: async () => {},
    open: async (path, flags, mode) => {
      if (flags.startsWith('w') && disk.freeBytes === 0) throw diskError('ENOSPC')
      return watched(await fs.open(path, flags, mode), disk)
    }
  }
  return disk
}

export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: refused by the test`), { code })
}

function watched(file: fs.FileHandle, disk: Disk): LogFile {
  return {
    read: (buffer, offset, length, position) => file.read(buffer, offset, length, position),
    write: async (buffer, offset, length, position) => {
      if (disk.freeBytes === 0) throw diskError('ENOSPC')
      const fitting = Math.min(length, disk.freeBytes)
      disk.freeBytes -= fitting
      return await file.write(buffer, offset, fitting, position)
    },
    truncate: async length => {
      await disk.truncate()
      await file.truncate(length)
    },
    datasync: async () => {
      await disk.datasync()
      await file.datasync()
    },
    sync: () => file.sync(),
    stat: () => file.stat(),
    close: () => file.close()
  }
}
