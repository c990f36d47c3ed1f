import type pg from 'pg'
import { changesAfter, type NumberedChange, newestChange } from '../db/changes.js'
import { SlowClientError } from '../errors.js'
import type { LiveClient } from './client.js'
import { type Frame, loadFrames } from './frames.js'
import { concerns, createScope, type Scope, scopeOf } from './interest.js'
import type { LiveKind, LiveReaders } from './readers.js'

/** How clients are told of changes: of a page for all of them, or of what one has missed. */
export interface Telling {
  /** Reads what any of the clients wants of these changes, which are all up to the number, and sends each its part. */
  tellAll: (clients: ReadonlySet<LiveClient>, changes: readonly NumberedChange[], to: number) => Promise<void>
  /** Tells one client the next of what it has missed. False: that was all, or it has to be reset first. */
  tellNext: (client: LiveClient) => Promise<boolean>
  /** Tells one client all that it has missed, as fast as it takes that. */
  catchUp: (client: LiveClient) => Promise<void>
  /** What clients of a scope were sent is remembered while there are some. */
  forgetScopesBut: (clients: ReadonlySet<LiveClient>) => void
}

/** The most that is read at once, and so the most that is put into a client's buffer at once. */
export const PAGE = 1_000
/** Whoever has missed more loads all anew, which is faster. */
const MOST_PAGES = 5
/** How long a client that comes back has to take a page. */
const DRAIN_MS = 10_000

export function createTelling({ pool, readers }: { pool: pg.Pool; readers: LiveReaders }): Telling {
  const scopes = new Map<string, Scope>()

  function scopeFor({ interest: { viewer } }: LiveClient): Scope {
    const name = scopeOf(viewer)
    const scope = scopes.get(name) ?? createScope(viewer)
    scopes.set(name, scope)
    return scope
  }

  async function tellAll(
    clients: ReadonlySet<LiveClient>,
    changes: readonly NumberedChange[],
    to: number
  ): Promise<void> {
    const frames = await framesByScope(readers, changes, kindsByScope(clients, scopeFor))
    const shared = new Map<string, string>()
    for (const client of clients) {
      if (hasReset(client, changes)) client.requireReset()
      client.deliver(frames.get(scopeFor(client)) ?? [], to, shared)
    }
  }

  async function tellNext(client: LiveClient): Promise<boolean> {
    const from = client.cursor()
    const changes = await changesAfter(pool, from, PAGE)
    if (!changes) client.requireReset()
    await tellAll(
      new Set([client]),
      changes ?? [],
      changes ? (changes.at(-1)?.number ?? from) : await newestChange(pool)
    )
    return changes?.length === PAGE && client.cursor() > from
  }

  async function catchUp(client: LiveClient): Promise<void> {
    for (let pages = 1; await tellNext(client); pages++) {
      if (!(await client.drained(DRAIN_MS))) return client.drop(new SlowClientError())
      if (pages < MOST_PAGES) continue
      client.requireReset()
      return client.deliver([], await newestChange(pool), new Map())
    }
  }

  return {
    tellAll,
    tellNext,
    catchUp,
    forgetScopesBut: clients => {
      const used = new Set([...clients].map(({ interest }) => scopeOf(interest.viewer)))
      for (const name of scopes.keys()) if (!used.has(name)) scopes.delete(name)
    }
  }
}

function kindsByScope(
  clients: Iterable<LiveClient>,
  scopeFor: (client: LiveClient) => Scope
): Map<Scope, Set<LiveKind>> {
  const kinds = new Map<Scope, Set<LiveKind>>()
  for (const client of clients) {
    const scope = scopeFor(client)
    const wanted = kinds.get(scope) ?? new Set()
    for (const kind of client.interest.kinds) wanted.add(kind)
    kinds.set(scope, wanted)
  }
  return kinds
}

async function framesByScope(
  readers: LiveReaders,
  changes: readonly NumberedChange[],
  kinds: ReadonlyMap<Scope, ReadonlySet<LiveKind>>
): Promise<Map<Scope, Frame[]>> {
  return new Map(
    await Promise.all(
      [...kinds].map(async ([scope, wanted]) => [scope, await loadFrames(readers, scope, wanted, changes)] as const)
    )
  )
}

function hasReset(client: LiveClient, changes: readonly NumberedChange[]): boolean {
  return changes.some(
    ({ kind, account, number }) => kind === 'reset' && number > client.cursor() && concerns(client.interest, account)
  )
}
