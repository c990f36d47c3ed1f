import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { eventually } from '../support/eventually.js'
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

/** A file system on which a power failure can be simulated. */
export interface FragileDisk {
  /** Stops all writes at once: what was not synced is lost. The processes that use the disk must end then. */
  cutPower: () => void
  /** Mounts the file system again, which replays its journal. No process may use it any more. */
  restorePower: () => Promise<void>
}

/** Returns why `mountFragileDisk` does not work here, or null. */
export function fragileDiskUnavailable(): string | null {
  const teardowns = createTeardowns()
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-ext4-'))
  try {
    mountFragileDisk(teardowns, path.join(dir, 'disk'), 8 << 20).cutPower()
    return null
  } catch {
    return 'no ext4 file system on a loop device can be mounted and shut down here (needs root, mkfs.ext4 and perl)'
  } finally {
    void teardowns.close().then(() => rmSync(dir, { recursive: true }))
  }
}

/** The ioctl EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: neither data nor the journal is written any more. */
const SHUT_DOWN = 'open(my $d, "<", $ARGV[0]) or die; my $f = pack("L", 2); ioctl($d, 0x8004587d, $f) or die'
const UNMOUNT_MS = 15_000

/**
 * Mounts an ext4 file system, in a file beside the folder, on the folder. It does not sync a file by itself when it is
 * renamed over another one, as ext4 does by default.
 */
export function mountFragileDisk(t: Teardown, dir: string, sizeBytes: number): FragileDisk {
  const image = `${dir}.ext4`
  const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: 'ignore' })
  const mount = () => run('mount', '-o', 'loop,noauto_da_alloc', image, dir)
  mkdirSync(dir, { recursive: true })
  run('truncate', '--size', String(sizeBytes), image)
  run('mkfs.ext4', '-q', image)
  mount()
  t.teardown(() => {
    run('umount', '--lazy', dir)
  })
  return {
    cutPower: () => run('perl', '-e', SHUT_DOWN, dir),
    restorePower: async () => {
      await eventually('the file system is not used any more', () => isSuccess(() => run('umount', dir)), UNMOUNT_MS)
      mount()
    }
  }
}

function isSuccess(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch {
    return false
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
