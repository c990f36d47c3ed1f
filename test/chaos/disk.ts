import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import type { Teardown } from '../support/teardown.js'

/** A file system that can be filled. */
export interface SmallDisk {
  fill: () => void
  free: () => void
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
  return { fill: () => writeUntilFull(ballast, sizeBytes), free: () => rmSync(ballast, { force: true }) }
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
