import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'

interface Teardown {
  teardown: (fn: () => void) => void
}

/** A folder that can be full. */
export interface SmallDisk {
  fill: () => void
  free: () => void
}

/** A file system of its own, so large, in the folder; null where it may not be made. */
export function mountSmallDisk(t: Teardown, dir: string, sizeBytes: number): SmallDisk | null {
  mkdirSync(dir, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', dir], { stdio: 'ignore' })
  } catch {
    return null // not root, or a container without the right
  }
  t.teardown(() => {
    execFileSync('umount', ['--lazy', dir])
  })
  const ballast = path.join(dir, 'ballast')
  return { fill: () => writeUntilFull(ballast, sizeBytes), free: () => rmSync(ballast, { force: true }) }
}

function writeUntilFull(file: string, mostBytes: number): void {
  const block = Buffer.alloc(65_536)
  const descriptor = openSync(file, 'w')
  try {
    for (let written = 0; written <= mostBytes; written += block.length) writeSync(descriptor, block)
  } catch {
    // it is full
  } finally {
    closeSync(descriptor)
  }
}
