import type { ServerResponse } from 'node:http'
import type { FastifyError } from '@fastify/error'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { Viewer } from '../access/viewer.js'
import { LiveClosedError, LiveFullError, LiveLimitError, NotReadyError, UnauthorizedError } from '../errors.js'
import type { Metrics } from '../observability/metrics.js'
import { createLiveClient, type LiveClient } from './client.js'
import { createHub } from './hub.js'
import { createIncompleteAccounts } from './incomplete.js'
import type { ClientCredential, Interest } from './interest.js'
import { createListener } from './listener.js'
import type { LiveReaders } from './readers.js'
import { openSseStream } from './sse-stream.js'

export interface LiveOptions {
  pool: pg.Pool
  readers: LiveReaders
  /** Why the database cannot be used yet, or null; listening begins when it can. */
  trouble: () => string | null | Promise<string | null>
  now: () => Date
  /** The accounts of which something is known to be missing; `''` stands for all. */
  incompleteAccounts: () => Promise<ReadonlySet<string>>
  /** The report of /health/ready. */
  health: () => Promise<object>
  logger: Logger
  onClients: (count: number) => void
  onDropped: (code: string) => void
  limits?: Partial<LiveLimits>
}

interface LiveLimits {
  heartbeatMs: number
  /** How often changes are polled while the LISTEN connection is lost. */
  pollMs: number
  /** The maximum of clients of this process; each may use `maxBytes` of memory. */
  clients: number
  clientsOfKey: number
  /** The buffer of one client. */
  maxBytes: number
}

const LIMITS: LiveLimits = {
  heartbeatMs: 15_000,
  pollMs: 2_000,
  clients: 4_000,
  clientsOfKey: 1_000,
  maxBytes: 1024 ** 2
}

/** The event streams of this process. */
export interface LiveStreams {
  /**
   * @param options.from  the id of the last event that the client has seen, or null for a new client
   * @param take  returns the response to write to; called when the client is admitted
   * @throws LiveClosedError, LiveFullError, LiveLimitError
   */
  open: (
    interest: Interest,
    options: { from: number | null; credential: ClientCredential },
    take: () => ServerResponse
  ) => Promise<void>
  /** How long a client that is refused now should wait before it connects again. */
  retryMs: () => number
  /** The id of the newest change. Rejects while the database is unavailable. */
  position: () => Promise<number>
  /**
   * Ends all streams, and refuses new ones. Idempotent.
   * @param drainMs  for how long the process still accepts requests
   */
  close: (drainMs?: number) => Promise<void>
}

/**
 * How long a restart takes, from the end of the drain until requests are accepted again. A browser gives up for ever
 * when a proxy answers with an error because it finds no process.
 */
const RESTART_MS = 4_000

/** Clients reconnect spread over this time, in steps. */
const SPREAD_MS = 2_500
const SPREAD_STEP_MS = 25

export function startLive({
  pool,
  readers,
  trouble,
  now,
  incompleteAccounts,
  health,
  logger,
  onClients,
  onDropped,
  limits
}: LiveOptions): LiveStreams {
  const { heartbeatMs, pollMs, clients: maxClients, clientsOfKey, maxBytes } = { ...LIMITS, ...limits }
  const hub = createHub({ pool, readers, logger })
  const clients = new Map<LiveClient, ClientCredential>() // those of the hub, and those that are still catching up
  let poll: NodeJS.Timeout | null = null
  /** When the process stops to accept requests, in terms of performance.now(); null while it is not stopping. */
  let drainEndsAt: number | null = null
  let retries = 0
  const listener = createListener({
    pool,
    trouble,
    logger,
    onWake: hub.wake,
    onConnectionChange: isUp => {
      if (poll) clearInterval(poll)
      poll = isUp ? null : setInterval(hub.wake, pollMs).unref()
    }
  })
  const heartbeat = setInterval(() => {
    void sendHeartbeats()
  }, heartbeatMs).unref()

  async function sendHeartbeats(): Promise<void> {
    const valid = new Map<string, Promise<boolean>>()
    const report = [...clients.keys()].some(({ interest }) => interest.kinds.includes('health'))
      ? await health().catch(() => null)
      : null
    for (const [client, { id, isStillValid }] of clients) {
      const checking = valid.get(id) ?? isStillValid() // once for all clients of a credential
      valid.set(id, checking)
      if (!(await checking)) client.drop(new UnauthorizedError())
      if (client.hasEnded()) continue
      if (report) client.sendHealth(report)
      await sendHeartbeat(client)
    }
  }

  async function sendHeartbeat(client: LiveClient): Promise<void> {
    const accounts = await incompleteAccounts()
    client.sendHeartbeat({ at: now(), newest: hub.deliveredUpTo(client), incompleteAccounts: accounts })
  }

  function retryMs(): number {
    const drainMs = Math.max(0, (drainEndsAt ?? 0) - performance.now())
    return Math.round(drainMs) + RESTART_MS + ((retries++ * SPREAD_STEP_MS) % SPREAD_MS)
  }

  function admit({ actor }: Viewer): void {
    if (drainEndsAt !== null) throw new LiveClosedError()
    if (clients.size >= maxClients) throw new LiveFullError()
    if ([...clients.keys()].filter(({ interest }) => interest.viewer.actor === actor).length >= clientsOfKey)
      throw new LiveLimitError()
  }

  function add(
    interest: Interest,
    { from, credential }: { from: number; credential: ClientCredential },
    response: ServerResponse
  ): LiveClient {
    const leave = () => {
      hub.leave(client)
      clients.delete(client)
      onClients(clients.size)
    }
    const stream = openSseStream(response, { maxBytes, onClose: leave })
    const client = createLiveClient(interest, stream, {
      from,
      onDropped: ({ code }: FastifyError) => {
        leave()
        onDropped(code)
      }
    })
    clients.set(client, credential)
    onClients(clients.size)
    return client
  }

  return {
    open: async (interest, { from, credential }, take) => {
      admit(interest.viewer)
      const start = from ?? (await hub.newest())
      admit(interest.viewer) // again: other clients may have connected meanwhile
      const client = add(interest, { from: start, credential }, take())
      if (from === null) client.sendPosition()
      if (interest.kinds.includes('health')) client.sendHealth(await health())
      await hub.join(client).then(
        () => sendHeartbeat(client),
        () => client.drop(new NotReadyError())
      )
    },
    retryMs,
    position: hub.newest,
    close: async (drainMs = 0) => {
      drainEndsAt ??= performance.now() + drainMs
      clearInterval(heartbeat)
      for (const client of [...clients.keys()]) client.endWithRetry(retryMs())
      await listener.close()
      if (poll) clearInterval(poll)
    }
  }
}

export interface LiveStreamsOptions
  extends Pick<LiveOptions, 'pool' | 'readers' | 'trouble' | 'now' | 'health' | 'logger'>,
    Partial<Pick<LiveOptions, 'limits'>> {
  metrics: Metrics
  /** Aborted when the service begins to stop. Its reason is a `StopReason`. */
  stopping: AbortSignal
}

export interface StopReason {
  /** For how long requests are still accepted. */
  drainMs: number
}

/** Builds the live streams of a service. They end as soon as the service begins to stop. */
export function buildLiveStreams({ metrics, stopping, logger, ...options }: LiveStreamsOptions): LiveStreams {
  const streams = startLive({
    ...options,
    incompleteAccounts: createIncompleteAccounts(options),
    logger: logger.child({ stage: 'live' }),
    onClients: count => metrics.liveClients.set(count),
    onDropped: code => metrics.liveDropped.inc({ code })
  })
  stopping.addEventListener('abort', () => {
    const { drainMs } = stopping.reason as StopReason // app/service.ts aborts with it
    void streams.close(drainMs)
  })
  return streams
}
