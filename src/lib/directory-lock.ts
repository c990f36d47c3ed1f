import { createHash, randomBytes } from 'node:crypto'
import { linkSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DataDirError } from '../errors.js'
import { createDirectoryDurably } from './durable-file.js'

/** A lock that one process at a time holds. The kernel releases it, however the owner ends. */
export interface OwnerLock {
  release: () => Promise<void>
}

export interface OwnerLockOptions {
  /** Called when another process wants the lock. The owner should then release it soon. Without it, no owner does. */
  onReleaseRequest?: (() => void) | undefined
  /** How long to wait for an owner that has agreed to release the lock. 0 by default: it is not asked. */
  takeOverMs?: number | undefined
}

const RELEASE = 'release'
const AGREED = 'agreed'
/** An owner answers at once, unless it is very busy. */
const ANSWER_MS = 2_000
const POLL_MS = 50

const SOCKET_PATH_BYTES = 90 // the kernel accepts 107, and the number is appended

/**
 * Locks the directory for this process. The lock is a listening unix socket: unlike a pid file, it cannot outlive its
 * owner.
 *
 * Each owner's socket gets the next higher number, and the socket with the highest number stays when its owner ends.
 * Each name is therefore created only once, by the one `link` that succeeds, and is never removed while its owner runs.
 * @throws DataDirError  another running process has locked the directory
 */
export async function acquireOwnerLock(
  dir: string,
  { onReleaseRequest, takeOverMs = 0 }: OwnerLockOptions = {}
): Promise<OwnerLock> {
  createDirectoryDurably(dir, { mode: 0o700 })
  const base = socketsOf(dir)
  const candidate = `${base}${randomBytes(4).toString('hex')}`
  for (const deadline = performance.now() + takeOverMs; ; ) {
    const last = lastOwner(base)
    if (await isAlive(`${base}${last}`)) {
      if (performance.now() >= deadline || !(await requestRelease(`${base}${last}`)))
        throw new DataDirError(`${dir} is in use by another running process: stop it, or set DATA_DIR`)
      await sleep(POLL_MS)
      continue
    }
    const server = await listen(candidate, onReleaseRequest)
    if (claim(base, candidate, last + 1)) return { release: () => closeServer(server) }
    await closeServer(server)
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

/** Returns the common prefix of the paths of all sockets of a directory. */
function socketsOf(dir: string): string {
  const real = realpathSync(dir)
  const base = path.join(real, 'owner.')
  if (Buffer.byteLength(base) <= SOCKET_PATH_BYTES) return base
  return path.join(os.tmpdir(), `mcs-${createHash('sha256').update(real).digest('hex').slice(0, 16)}.`)
}

/** Returns the number of the last owner, running or not; 0 when there was none. */
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
 * Gives the candidate's socket its number. When the number is free only because later owners have removed its name, a
 * higher number exists, and the claim fails.
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

function listen(file: string, onReleaseRequest?: () => void): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer(socket => {
      if (!onReleaseRequest) {
        socket.destroy()
        return
      }
      socket.on('error', () => {}) // the other process has ended
      socket.setTimeout(ANSWER_MS, () => socket.destroy())
      socket.once('data', () => {
        socket.end(AGREED)
        onReleaseRequest()
      })
      socket.unref()
    })
    server.once('error', reject)
    server.listen(file, () => resolve(server.unref()))
  })
}

function closeServer(server: net.Server): Promise<void> {
  return new Promise(resolve => server.close(() => resolve()))
}

/** Asks the owner to release the lock. Resolves with true when it has agreed, or has ended meanwhile. */
function requestRelease(file: string): Promise<boolean> {
  return new Promise(resolve => {
    let answer = ''
    const socket = net.connect(file, () => socket.write(RELEASE))
    socket.setTimeout(ANSWER_MS, () => socket.destroy())
    socket.setEncoding('utf8').on('data', text => {
      answer += text
    })
    socket.on('error', (err: NodeJS.ErrnoException) => resolve(isGone(err)))
    socket.on('close', () => resolve(answer === AGREED))
  })
}

/** Only a refused connection means that nobody listens. With a full queue or without permission, an owner is there. */
function isAlive(file: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect(file, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', (err: NodeJS.ErrnoException) => resolve(!isGone(err)))
  })
}

function isGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNREFUSED' || code === 'ENOENT'
}
