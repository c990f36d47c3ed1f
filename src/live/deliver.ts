import type pg from 'pg'
import { changesAfter, type NumberedChange, newestChange } from '../db/changes.js'
import { SlowClientError } from '../errors.js'
import type { LiveClient } from './client.js'
import { type Frame, loadFrames } from './frames.js'
import { coversAccount, createScope, type Scope, viewerScopeKey } from './interest.js'
import type { LiveKind, LiveReaders } from './readers.js'

/** Sends changes to clients: a page of new changes to all of them, or missed changes to one of them. */
export interface Delivery {
  /** Loads the changed objects, and sends each client what it wants of them. Changes are complete up to `to`. */
  deliverPage: (clients: ReadonlySet<LiveClient>, changes: readonly NumberedChange[], to: number) => Promise<void>
  /** Sends one client the next page of missed changes. Resolves with false when there is none, or it must be reset. */
  deliverNextPage: (client: LiveClient) => Promise<boolean>
  /** Sends one client all missed changes, as fast as it reads them. */
  catchUp: (client: LiveClient) => Promise<void>
  /** Forgets the scopes that no client has any more, with the objects that were sent to them. */
  retainScopesOf: (clients: ReadonlySet<LiveClient>) => void
}

/** The number of changes that are read at once, which limits what is put into the buffer of a client at once. */
export const PAGE = 1_000
/** A client that has missed more pages is reset: loading the lists again is faster. */
const MAX_PAGES = 5
/** How long a reconnected client has to read a page. */
const DRAIN_TIMEOUT_MS = 10_000

export function createDelivery({ pool, readers }: { pool: pg.Pool; readers: LiveReaders }): Delivery {
  const scopes = new Map<string, Scope>()

  function scopeFor({ interest: { viewer } }: LiveClient): Scope {
    const name = viewerScopeKey(viewer)
    const scope = scopes.get(name) ?? createScope(viewer)
    scopes.set(name, scope)
    return scope
  }

  async function deliverPage(
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

  async function deliverNextPage(client: LiveClient): Promise<boolean> {
    const from = client.cursor()
    const changes = await changesAfter(pool, from, PAGE)
    if (!changes) client.requireReset()
    await deliverPage(
      new Set([client]),
      changes ?? [],
      changes ? (changes.at(-1)?.number ?? from) : await newestChange(pool)
    )
    return changes?.length === PAGE && client.cursor() > from
  }

  async function catchUp(client: LiveClient): Promise<void> {
    for (let pages = 1; await deliverNextPage(client); pages++) {
      if (!(await client.drained(DRAIN_TIMEOUT_MS))) return client.drop(new SlowClientError())
      if (pages < MAX_PAGES) continue
      client.requireReset()
      return client.deliver([], await newestChange(pool), new Map())
    }
  }

  return {
    deliverPage,
    deliverNextPage,
    catchUp,
    retainScopesOf: clients => {
      const used = new Set([...clients].map(({ interest }) => viewerScopeKey(interest.viewer)))
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
    ({ kind, account, number }) =>
      kind === 'reset' && number > client.cursor() && coversAccount(client.interest, account)
  )
}
