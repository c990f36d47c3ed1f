import fs from 'node:fs/promises'

/** The operations on an open file that the log needs: a subset of `FileHandle` of node:fs/promises. */
export interface LogFile {
  read: (buffer: Buffer, offset: number, length: number, position: number) => Promise<{ bytesRead: number }>
  write: (buffer: Buffer, offset: number, length: number, position: number) => Promise<{ bytesWritten: number }>
  truncate: (length: number) => Promise<void>
  datasync: () => Promise<void>
  sync: () => Promise<void>
  stat: () => Promise<{ size: number }>
  close: () => Promise<void>
}

/** Opens files: node:fs/promises, or in tests a disk that is full or broken. */
export interface Files {
  open: (path: string, flags: string, mode?: number) => Promise<LogFile>
}

export const diskFiles: Files = fs

/** Events contain phone numbers and texts, so other users of the machine must not read them. */
export const PRIVATE = 0o600

/** Makes files that were created in, or renamed into, the directory survive a power failure. */
export async function syncDirectory(files: Files, dir: string): Promise<void> {
  const file = await files.open(dir, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
