import { EventSource as EventSourceWithHeaders } from 'eventsource'
import type { paths } from './schema.js'

type Answer<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } }
}
  ? Body
  : never
type ListItem<P extends keyof paths> = Answer<P> extends { data: (infer Item)[] } ? Item : never

/** What an event of each kind carries: whole objects, as the lists show them. */
export interface LiveRows {
  call: ListItem<'/v1/calls'>
  agent: ListItem<'/v1/agents'>
  voicemail: ListItem<'/v1/voicemails'>
  message: ListItem<'/v1/messages'>
  gap: Answer<'/v1/completeness'>['gaps'][number]
  health: Answer<'/health/ready'>
}
export type LiveEventKind = keyof LiveRows

export const LIVE_EVENT_KINDS = [
  'call',
  'agent',
  'voicemail',
  'message',
  'gap',
  'health'
] as const satisfies readonly LiveEventKind[]

/**
 * changed  the object is now so; it replaces one of a lower revision
 * deleted  the object does not exist any more, or is not visible to this key any more
 * reset    load the lists (again): what happened until now is unknown. Always the first event, unless `lastEventId` is
 *          given.
 * beat     sent on connection and every 15 s: everything up to the revision has arrived. `incomplete`: something of the
 *          last day is known to be missing.
 * dropped  the server ends the stream and says why; the feed connects again by itself
 */
export type LiveEvent =
  | {
      [Kind in LiveEventKind]: { type: 'changed'; kind: Kind; revision: number; object: LiveRows[Kind] }
    }[LiveEventKind]
  | { type: 'deleted'; kind: LiveEventKind; revision: number; account: string; id: string }
  | { type: 'reset' }
  | { type: 'beat'; at: string; revision: number; incomplete: boolean }
  | { type: 'dropped'; code: string; message: string }

/**
 * connecting  a connection is being made, for the first time or again:
 *             → open when the server answers 200, → waiting when it answers anything else
 * open        events arrive: → connecting when the connection is lost, → waiting when nothing arrives any more
 * waiting     a back-off after a refusal: → connecting when it is over
 * closed      `close` was called; final
 */
export type LiveState = 'connecting' | 'open' | 'waiting' | 'closed'

/** Why the feed is not open. */
export interface LiveProblem {
  /** The HTTP status, when there was an answer and the platform tells it (a browser does not). */
  status: number | null
  message: string
}

export interface FollowOptions {
  /** `https://calls.example.com`; in a page of the service itself `''`. */
  baseUrl: string
  /** An API key. Without one, the request carries the session cookie of the browser. */
  key?: string
  /** All that the key may see, by default. */
  kinds?: readonly LiveEventKind[]
  /** MightyCall accounts; all that the key may see, by default. */
  accounts?: readonly string[]
  /** Continues after this event of an earlier feed. */
  lastEventId?: string
  onEvent: (event: LiveEvent) => void
  /** Called on each change of the state. `problem` is set when the change was caused by a failure. */
  onState?: (state: LiveState, problem: LiveProblem | null) => void
  /** The back-off after a refusal: doubling from `first` up to `most`, with jitter. */
  backOffMs?: { first: number; most: number }
  /** A connection on which nothing has arrived for this time is given up; 45 s by default, which is three beats. */
  maxSilenceMs?: number
}

/** A connection to GET /v1/live that is kept until it is closed. */
export interface LiveFeed {
  state: () => LiveState
  /** The id of the last event, from which a later feed can continue; null before the first one. */
  lastEventId: () => string | null
  close: () => void
}

/** What this module uses of an EventSource, in a browser or from the package `eventsource`. */
interface Source {
  readyState: number
  addEventListener: (type: string, listener: (event: SourceEvent) => void) => void
  close: () => void
}

interface SourceEvent {
  data?: string
  lastEventId?: string
  /** Set by the package `eventsource` on an error. */
  code?: number | undefined
  message?: string | undefined
}

type Connection =
  | { state: 'connecting' | 'open'; source: Source }
  | { state: 'waiting'; timer: ReturnType<typeof setTimeout> }
  | { state: 'closed' }

// readyState of an EventSource
const OPEN = 1
const CLOSED = 2 // it does not connect again

/**
 * Follows GET /v1/live, and continues after the last event whenever the connection was lost. An EventSource connects
 * again by itself after a lost connection, but never after an answer other than 200, as of a proxy that finds no
 * service: then a new one is created, with the id of the last event.
 *
 * With a key, and where there is no global EventSource (Node 20), the package `eventsource` is used: a browser's cannot
 * send headers.
 */
export function followLive(options: FollowOptions): LiveFeed {
  const { onEvent, onState = () => {}, backOffMs = { first: 1_000, most: 30_000 }, maxSilenceMs = 45_000 } = options
  let lastEventId = options.lastEventId ?? null
  let refusals = 0
  let silence: ReturnType<typeof setTimeout> | null = null
  let connection: Connection = { state: 'connecting', source: connect() }

  function connect(): Source {
    const source = openSource(options, () => lastEventId)
    const listen = (type: string, listener: (event: SourceEvent) => void) =>
      source.addEventListener(type, event => {
        if (!('source' in connection) || connection.source !== source) return // it was closed or replaced
        if (event.lastEventId) lastEventId = event.lastEventId
        expectBeat(source)
        listener(event)
      })
    listen('open', () => {
      refusals = 0
      change({ state: 'open', source }, null)
      // without an id nothing can be continued: changes before this moment were missed
      if (lastEventId === null) onEvent({ type: 'reset' })
    })
    listen('error', ({ code, message }) => {
      const problem = { status: code ?? null, message: message ?? 'the connection was lost or refused' }
      if (source.readyState !== CLOSED) return change({ state: 'connecting', source }, problem)
      waitAndRetry(problem)
    })
    listen('reset', () => onEvent({ type: 'reset' }))
    listen('beat', ({ data }) => {
      const beat = parse<{ at: string; revision: number; incomplete: boolean }>(data)
      lastEventId = String(beat.revision) // the package `eventsource` ignores an id without data
      onEvent({ type: 'beat', ...beat })
    })
    listen('dropped', ({ data }) => onEvent({ type: 'dropped', ...parse<{ code: string; message: string }>(data) }))
    for (const kind of LIVE_EVENT_KINDS) listen(kind, ({ data }) => onEvent(toEvent(kind, data)))
    return source
  }

  /** A connection that was cut silently looks open, but no beats arrive. */
  function expectBeat(source: Source): void {
    if (silence) clearTimeout(silence)
    silence = null
    if (source.readyState !== OPEN) return
    silence = setTimeout(() => {
      source.close()
      waitAndRetry({ status: null, message: 'nothing has arrived for too long' })
    }, maxSilenceMs)
  }

  function waitAndRetry(problem: LiveProblem): void {
    change({ state: 'waiting', timer: setTimeout(retry, backOff(refusals++, backOffMs)) }, problem)
  }

  function retry(): void {
    change({ state: 'connecting', source: connect() }, null)
  }

  function change(next: Connection, problem: LiveProblem | null): void {
    connection = next
    onState(next.state, problem)
  }

  return {
    state: () => connection.state,
    lastEventId: () => lastEventId,
    close: () => {
      if (connection.state === 'closed') return
      if (silence) clearTimeout(silence)
      if (connection.state === 'waiting') clearTimeout(connection.timer)
      else connection.source.close()
      change({ state: 'closed' }, null)
    }
  }
}

function openSource({ baseUrl, key, kinds, accounts = [] }: FollowOptions, lastEventId: () => string | null): Source {
  const query = new URLSearchParams(accounts.map((account): [string, string] => ['account', account]))
  if (kinds) query.set('kinds', kinds.join(','))
  const first = lastEventId()
  if (first !== null) query.set('lastEventId', first) // a header would do, but a browser cannot set it
  const url = `${baseUrl}/v1/live${query.size === 0 ? '' : `?${query}`}`
  // The global exists in browsers only; this project compiles without their types.
  const { EventSource: Native } = globalThis as { EventSource?: new (url: string) => Source }
  if (key === undefined && Native) return new Native(url)
  return new EventSourceWithHeaders(url, {
    fetch: (input, init) =>
      fetch(input, {
        ...init,
        headers: { ...init.headers, ...lastEventIdHeader(lastEventId()), ...authorizationHeader(key) }
      })
  })
}

const authorizationHeader = (key: string | undefined) => key !== undefined && { authorization: `Bearer ${key}` }

/** Replaces the header of the package, which does not know the position of a beat. */
const lastEventIdHeader = (id: string | null) => id !== null && { 'Last-Event-ID': id }

type Payload =
  | { revision: number; object: LiveRows[LiveEventKind] }
  | { revision: number; object: null; account: string; id: string }

function toEvent(kind: LiveEventKind, data: string | undefined): LiveEvent {
  const payload = parse<Payload>(data)
  if ('id' in payload) {
    const { revision, account, id } = payload
    return { type: 'deleted', kind, revision, account, id }
  }
  return { type: 'changed', kind, ...payload } as LiveEvent // the server sends the object that belongs to the kind
}

/** The API documents the type of what the server sends. */
function parse<T>(data: string | undefined): T {
  return JSON.parse(data ?? '') as T
}

/** Between half of the delay and all of it, so that the clients of a service that was away do not return at once. */
function backOff(failures: number, { first, most }: { first: number; most: number }): number {
  return Math.min(most, first * 2 ** failures) * (0.5 + Math.random() / 2)
}
