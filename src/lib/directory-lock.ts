import { createHash, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { DataDirError } from '../errors.js'

/** Held by one process at a time; the kernel lets go of it however its owner dies. */
export interface OwnerLock {
  release: () => Promise<void>
}

const SOCKET_PATH_BYTES = 90 // with the number after it: the kernel takes 107

/**
 * Takes the directory for this process alone, as a listening unix socket: unlike a pid file it cannot outlive its
 * owner.
 *
 * Each owner's socket has the next higher number, and the highest stays when its owner is gone: a name is made once, by
 * the
 * one link that succeeds, and never taken away from under an owner.
 * @throws DataDirError  another running process has it
 */
export async function acquireOwnerLock(dir: string): Promise<OwnerLock> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const base = socketsOf(dir)
  const candidate = `${base}${randomBytes(4).toString('hex')}`
  for (;;) {
    const last = lastOwner(base)
    if (await isAlive(`${base}${last}`))
      throw new DataDirError(`${dir} is in use by another running process: stop it, or set DATA_DIR`)
    const server = await listen(candidate)
    if (claim(base, candidate, last + 1)) return { release: () => closed(server) }
    await closed(server)
  }
}

/** True while a running process owns the directory. */
export async function isOwned(dir: string): Promise<boolean> {
  try {
    const base = socketsOf(dir)
    return await isAlive(`${base}${lastOwner(base)}`)
  } catch {
    return false
  }
}

/** What the names of all sockets of a directory begin with. */
function socketsOf(dir: string): string {
  const real = realpathSync(dir)
  const base = path.join(real, 'owner.')
  if (Buffer.byteLength(base) <= SOCKET_PATH_BYTES) return base
  return path.join(os.tmpdir(), `mcs-${createHash('sha256').update(real).digest('hex').slice(0, 16)}.`)
}

/** The number of the last owner, dead or alive; 0 where there was none. */
function lastOwner(base: string): number {
  return Math.max(0, ...ownersOf(base).map(owner => owner.number))
}

function ownersOf(base: string): { file: string; number: number }[] {
  const name = path.basename(base)
  return readdirSync(path.dirname(base))
    .filter(entry => entry.startsWith(name) && /^\d{1,7}$/.test(entry.slice(name.length)))
    .map(entry => ({ file: path.join(path.dirname(base), entry), number: Number(entry.slice(name.length)) }))
}

/**
 * Gives the candidate's socket its number. The number may be free because later owners came and took away its name:
 * then theirs is seen, and this is no claim.
 */
function claim(base: string, candidate: string, number: number): boolean {
  try {
    linkSync(candidate, `${base}${number}`)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw err
  }
  rmSync(candidate)
  if (lastOwner(base) > number) {
    rmSync(`${base}${number}`, { force: true })
    return false
  }
  for (const former of ownersOf(base).filter(owner => owner.number < number)) rmSync(former.file, { force: true })
  return true
}

function listen(file: string): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer(socket => socket.destroy())
    server.once('error', reject)
    server.listen(file, () => resolve(server.unref()))
  })
}

function closed(server: net.Server): Promise<void> {
  return new Promise(resolve => server.close(() => resolve()))
}

/** Only a refusal says that nobody listens: a full queue, or no permission, is another's socket all the same. */
function isAlive(file: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect(file, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', (err: NodeJS.ErrnoException) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(err.code ?? '')))
  })
}
