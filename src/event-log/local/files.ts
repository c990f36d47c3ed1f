import fs from 'node:fs/promises'

/** What the log asks of an open file; `FileHandle` of node:fs/promises has it all. */
export interface LogFile {
  read: (buffer: Buffer, offset: number, length: number, position: number) => Promise<{ bytesRead: number }>
  write: (buffer: Buffer, offset: number, length: number, position: number) => Promise<{ bytesWritten: number }>
  truncate: (length: number) => Promise<void>
  datasync: () => Promise<void>
  sync: () => Promise<void>
  stat: () => Promise<{ size: number }>
  close: () => Promise<void>
}

/** Where files come from: node:fs/promises, or a test's disk that is full or broken. */
export interface Files {
  open: (path: string, flags: string, mode?: number) => Promise<LogFile>
}

export const diskFiles: Files = fs

/** Events hold phone numbers and texts: nobody else on the machine reads them. */
export const PRIVATE = 0o600

/** Makes names that were created in, or renamed into, the directory survive a power cut. */
export async function syncDirectory(files: Files, dir: string): Promise<void> {
  const file = await files.open(dir, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
