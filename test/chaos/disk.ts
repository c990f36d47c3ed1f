import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Teardown } from '../support/teardown.js'
import { createTeardowns } from './teardowns.js'

/** A file system that can be filled. */
export interface SmallDisk {
  fill: () => void
  /** Fills the file system until only that many bytes are free. */
  leave: (freeBytes: number) => void
  /** Ends `fill` or `leave`. */
  free: () => void
}

/** Returns why no file system can be mounted here, or null. */
export function mountingUnavailable(): string | null {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-mount-'))
  const teardowns = createTeardowns()
  const disk = mountSmallDisk(teardowns, dir, 65_536)
  void teardowns.close().then(() => rmdirSync(dir))
  return disk ? null : 'mounting a file system is not permitted here'
}

/** Mounts a file system of the given size on the folder, or returns null where mounting is not permitted. */
export function mountSmallDisk(t: Teardown, dir: string, sizeBytes: number): SmallDisk | null {
  mkdirSync(dir, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', dir], { stdio: 'ignore' })
  } catch {
    return null // not root, or a container without the capability
  }
  t.teardown(() => {
    execFileSync('umount', ['--lazy', dir])
  })
  const ballast = path.join(dir, 'ballast')
  return {
    fill: () => writeUntilFull(ballast, sizeBytes),
    leave: freeBytes => {
      const { bavail, bsize } = statfsSync(dir)
      // writing the file would block this process, which posts meanwhile
      execFileSync('fallocate', ['--length', String(bavail * bsize - freeBytes), ballast])
    },
    free: () => rmSync(ballast, { force: true })
  }
}

function writeUntilFull(file: string, maxBytes: number): void {
  const block = Buffer.alloc(65_536)
  const descriptor = openSync(file, 'w')
  try {
    for (let written = 0; written <= maxBytes; written += block.length) writeSync(descriptor, block)
  } catch {
    // the file system is full
  } finally {
    closeSync(descriptor)
  }
}
