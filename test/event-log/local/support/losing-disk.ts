import fs from 'node:fs/promises'
import path from 'node:path'
import type { Files, LogFile } from '../../../../src/event-log/local/files.js'

const PAGE_BYTES = 4096

/** A disk of which a power cut keeps only what was synced, and of the rest whatever pages happened to be written. */
export interface LosingDisk extends Files {
  /**
   * Writes into `dir` what a power cut of this moment could leave. @param keeps  asked for each page, and each name,
   * that was not synced
   */
  afterPowerCut: (dir: string, keeps: () => boolean) => Promise<void>
}

interface Image {
  durable: Buffer
  /** In their order. */
  unsynced: { position: number; bytes: Buffer }[]
  isNamed: boolean
}

export function createLosingDisk(): LosingDisk {
  const images = new Map<string, Image>()
  return {
    open: async (file, flags, mode) => {
      const handle = await fs.open(file, flags, mode)
      if (flags === 'r') return isFolder(file, images) ? folder(file, handle, images) : handle
      const image = images.get(file) ?? { durable: Buffer.alloc(0), unsynced: [], isNamed: false }
      images.set(file, image)
      return watched(handle, image)
    },
    afterPowerCut: async (dir, keeps) => {
      for (const [file, image] of images) {
        if (image.isNamed || keeps()) await fs.writeFile(path.join(dir, path.basename(file)), remains(image, keeps))
      }
    }
  }
}

/** Pages are kept or lost one by one, in whatever order the disk wrote them. */
function remains({ durable, unsynced }: Image, keeps: () => boolean): Buffer {
  const parts = unsynced.flatMap(({ position, bytes }) => pagesOf(position, bytes)).filter(keeps)
  const size = parts.reduce((most, { position, bytes }) => Math.max(most, position + bytes.length), durable.length)
  const whole = Buffer.alloc(size) // what was lost below it reads as zeros
  durable.copy(whole)
  for (const { position, bytes } of parts) bytes.copy(whole, position)
  return whole
}

function pagesOf(position: number, bytes: Buffer): { position: number; bytes: Buffer }[] {
  const pages: { position: number; bytes: Buffer }[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + PAGE_BYTES - ((position + at) % PAGE_BYTES))
    pages.push({ position: position + at, bytes: bytes.subarray(at, end) })
    at = end
  }
  return pages
}

function watched(handle: fs.FileHandle, image: Image): LogFile {
  const settle = () => {
    image.durable = remains(image, () => true)
    image.unsynced = []
  }
  return {
    read: (buffer, offset, length, position) => handle.read(buffer, offset, length, position),
    write: async (buffer, offset, length, position) => {
      image.unsynced.push({ position, bytes: Buffer.from(buffer.subarray(offset, offset + length)) })
      return await handle.write(buffer, offset, length, position)
    },
    truncate: async length => {
      await handle.truncate(length)
      settle()
      image.durable = image.durable.subarray(0, length)
    },
    datasync: async () => {
      await handle.datasync()
      settle()
    },
    sync: async () => {
      await handle.sync()
      settle()
    },
    stat: () => handle.stat(),
    close: () => handle.close()
  }
}

function isFolder(file: string, images: ReadonlyMap<string, Image>): boolean {
  return !images.has(file) && !file.endsWith('.seg')
}

/** A synced folder keeps its names. */
function folder(dir: string, handle: fs.FileHandle, images: ReadonlyMap<string, Image>): LogFile {
  return Object.assign(handle, {
    sync: async () => {
      for (const [file, image] of images) {
        if (path.dirname(file) === dir) image.isNamed = true
      }
    }
  })
}
