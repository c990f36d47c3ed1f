import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { link } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { DataDirError } from './errors.js'

/** Held by one process at a time; the kernel lets go of it however its owner dies. */
export interface OwnerLock {
  release: () => Promise<void>
}

const SOCKET_PATH_BYTES = 100 // the kernel takes 107

/**
 * Takes the directory for this process alone, as a listening unix socket: unlike a pid file it cannot outlive its owner.
 * @throws DataDirError  another running process has it
 */
export async function acquireOwnerLock (dir: string): Promise<OwnerLock> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = socketOf(dir)
  for (;;) {
    const server = await listen(file)
    if (server) return { release: () => new Promise(resolve => server.close(() => resolve())) }
    if (await isAlive(file)) throw inUse(dir)
    await removeStale(file, dir)
  }
}

/** True while a running process owns the directory. */
export async function isOwned (dir: string): Promise<boolean> {
  try {
    return await isAlive(socketOf(dir))
  } catch {
    return false
  }
}

function socketOf (dir: string): string {
  const real = realpathSync(dir)
  const file = path.join(real, 'owner.sock')
  if (Buffer.byteLength(file) <= SOCKET_PATH_BYTES) return file
  return path.join(os.tmpdir(), `mcs-${createHash('sha256').update(real).digest('hex').slice(0, 16)}.sock`)
}

/** The listening server, or null when the name is taken, be it by the living or by the dead. */
function listen (file: string): Promise<net.Server | null> {
  return new Promise((resolve, reject) => {
    const server = net.createServer(socket => socket.destroy())
    server.once('error', (err: NodeJS.ErrnoException) => err.code === 'EADDRINUSE' ? resolve(null) : reject(err))
    server.listen(file, () => resolve(server.unref()))
  })
}

function isAlive (file: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect(file, () => { socket.destroy(); resolve(true) })
    socket.on('error', () => resolve(false))
  })
}

/** Renames before it removes: of two that start at once, neither may remove the socket that the other has just made. */
async function removeStale (file: string, dir: string): Promise<void> {
  const aside = `${file}.${randomBytes(4).toString('hex')}`
  try {
    renameSync(file, aside)
  } catch {
    return // the other one was faster
  }
  const alive = await isAlive(aside)
  if (alive) await link(aside, file).catch(() => {})
  rmSync(aside, { force: true })
  if (alive) throw inUse(dir)
}

function inUse (dir: string): Error {
  return new DataDirError(`${dir} is in use by another running process: stop it, or set DATA_DIR`)
}
