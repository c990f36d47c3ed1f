import type pg from 'pg'
import type { Logger } from 'pino'
import { atMostEvery } from '../at-most.js'
import { changesAfter, newestChange, type NumberedChange } from '../db/changes.js'
import { SlowClientError } from '../errors.js'
import { createGate } from '../gate.js'
import { pause } from '../pauses.js'
import type { Client } from './client.js'
import { type Frame, loadFrames } from './frames.js'
import { concerns, scopeOf } from './interest.js'
import type { LiveKind, LiveReaders } from './readers.js'
import { createScope, type Scope } from './scopes.js'

export interface HubOptions {
  pool: pg.Pool
  readers: LiveReaders
  logger: Logger
}

/** Reads each change once for all clients of this process, and sends them what they may see of it. */
export interface Hub {
  /** There may be changes: they are read at once, or, under load, with those that come meanwhile. */
  wake: () => void
  /** The number from which a new client is told all that follows. */
  newest: () => Promise<number>
  /** From now on it is told what follows the number that it has. */
  join: (client: Client) => Promise<void>
  leave: (client: Client) => void
  clients: () => ReadonlySet<Client>
  /** The number up to which clients have been told all. */
  last: () => number
}

/** The most that is read at once, and so the most that is put into a client's buffer at once. */
const PAGE = 500
/** Whoever has missed more loads all anew, which is faster. */
const MOST_PAGES = 10
const RESUMING_AT_ONCE = 4
/** How long a client that comes back has to take a page. */
const DRAIN_MS = 10_000
const RETRY_MS = 1_000
const WARN_EVERY_MS = 60_000

export function createHub ({ pool, readers, logger }: HubOptions): Hub {
  const clients = new Set<Client>()
  const scopes = new Map<string, Scope>()
  const resuming = createGate(RESUMING_AT_ONCE)
  const warn = atMostEvery(WARN_EVERY_MS, () => logger.warn('changes could not be read, and are tried again soon'))
  let last = 0
  let isDirty = false
  let isRunning = false
  let turn: Promise<unknown> = Promise.resolve()

  /** One after the other: while a client joins, nothing is read for the others. */
  function inTurn<T> (work: () => Promise<T>): Promise<T> {
    const done = turn.then(work)
    turn = done.catch(() => {})
    return done
  }

  async function run (): Promise<void> {
    isRunning = true
    while (isDirty && clients.size > 0) {
      isDirty = false
      const begun = performance.now()
      if (!await inTurn(pull).catch(() => false)) {
        warn()
        setTimeout(wake, RETRY_MS).unref()
        break
      }
      await pause(performance.now() - begun) // under load half of the time is left to others, and more is read at once
    }
    isRunning = false
    if (isDirty && clients.size > 0) wake()
  }

  function wake (): void {
    isDirty = true
    if (!isRunning) void run()
  }

  /** True when it was done. */
  async function pull (): Promise<boolean> {
    const changes = await changesAfter(pool, last, PAGE)
    if (!changes) { // the database is an older one now, or nothing was read for an hour
      last = await newestChange(pool)
      for (const client of clients) {
        client.requireReset()
        client.deliver([], last, new Map())
      }
      return true
    }
    const to = changes.at(-1)?.number
    if (to === undefined) return true
    const frames = await framesByScope(changes, clients)
    const shared = new Map<string, string>()
    for (const client of clients) tell(client, changes, { frames: frames.get(scopeOf(client.interest.viewer)) ?? [], to, shared })
    last = to
    if (changes.length === PAGE) isDirty = true
    return true
  }

  /** What the scopes of these clients are to be told: whatever several want is read once. */
  async function framesByScope (changes: readonly NumberedChange[], some: Iterable<Client>): Promise<Map<string, Frame[]>> {
    const kinds = new Map<Scope, Set<LiveKind>>()
    for (const { interest } of some) {
      const name = scopeOf(interest.viewer)
      const scope = scopes.get(name) ?? createScope(interest.viewer)
      scopes.set(name, scope)
      kinds.set(scope, new Set([...kinds.get(scope) ?? [], ...interest.kinds]))
    }
    return new Map(await Promise.all([...kinds].map(async ([scope, wanted]) => [scopeOf(scope.viewer), await loadFrames(readers, scope, wanted, changes)] as const)))
  }

  /** Tells one client the next of what it has missed. False: that was all, or it has to be reset first. */
  async function tellNext (client: Client): Promise<boolean> {
    const from = client.cursor()
    const changes = await changesAfter(pool, from, PAGE)
    const to = changes?.at(-1)?.number ?? (changes ? from : await newestChange(pool))
    if (!changes) client.requireReset()
    const frames = await framesByScope(changes ?? [], [client])
    tell(client, changes ?? [], { frames: frames.get(scopeOf(client.interest.viewer)) ?? [], to, shared: new Map() })
    return changes?.length === PAGE && client.cursor() > from
  }

  /** Beside the others, who need not wait for it. */
  async function catchUp (client: Client): Promise<void> {
    for (let pages = 1; await tellNext(client); pages++) {
      if (!await client.drained(DRAIN_MS)) return client.drop(new SlowClientError())
      if (pages < MOST_PAGES) continue
      client.requireReset()
      return client.deliver([], await newestChange(pool), new Map())
    }
  }

  return {
    wake,
    newest: async () => clients.size > 0 ? last : newestChange(pool),
    join: async client => {
      await resuming.run(() => catchUp(client))
      await inTurn(async () => {
        if (clients.size === 0) last = client.cursor()
        while (client.cursor() < last && await tellNext(client)); // what came meanwhile
        if (!client.isOver()) clients.add(client)
      })
      wake() // of what came before it was there, nobody else was told
    },
    leave: client => {
      clients.delete(client)
      const name = scopeOf(client.interest.viewer)
      if (![...clients].some(({ interest }) => scopeOf(interest.viewer) === name)) scopes.delete(name)
    },
    clients: () => clients,
    last: () => last
  }
}

function tell (client: Client, changes: readonly NumberedChange[], { frames, to, shared }: { frames: readonly Frame[], to: number, shared: Map<string, string> }): void {
  if (changes.some(({ kind, account, number }) => kind === 'reset' && number > client.cursor() && concerns(client.interest, account))) client.requireReset()
  client.deliver(frames, to, shared)
}
