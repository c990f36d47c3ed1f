import type { ServerResponse } from 'node:http'
import type { FastifyError } from '@fastify/error'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { Viewer } from '../access/viewer.js'
import { LiveClosedError, LiveFullError, LiveLimitError, NotReadyError, UnauthorizedError } from '../errors.js'
import type { Metrics } from '../observability/metrics.js'
import { createLiveClient, type LiveClient } from './client.js'
import { createHub } from './hub.js'
import type { Holder, Interest } from './interest.js'
import { createListener } from './listener.js'
import type { LiveReaders } from './readers.js'
import { openStream } from './sse-stream.js'

export interface LiveOptions {
  pool: pg.Pool
  readers: LiveReaders
  /** Why the database cannot be used yet, or null: until then nothing is listened to. */
  trouble: () => string | null | Promise<string | null>
  /** Whether the roles of this process can work, as /health/ready says. */
  health: () => Promise<object>
  logger: Logger
  onClients: (count: number) => void
  onDropped: (code: string) => void
  limits?: Partial<LiveLimits>
}

export interface LiveLimits {
  heartbeatMs: number
  /** How often is looked for changes while none can be heard of. */
  pollMs: number
  /** Of all clients of this process; each may hold as much memory as it has bytes. */
  clients: number
  clientsOfKey: number
  /** What may wait for one client. */
  maxBytes: number
}

const LIMITS: LiveLimits = {
  heartbeatMs: 15_000,
  pollMs: 2_000,
  clients: 4_000,
  clientsOfKey: 1_000,
  maxBytes: 1024 ** 2
}

/** The streams of this process. */
export interface LiveStreams {
  /**
   * @param place.from  the number of the last event that the client has seen; null: it is new
   * @param take  gives the response, once nothing can be refused any more
   * @throws LiveClosedError, LiveFullError, LiveLimitError
   */
  open: (
    interest: Interest,
    place: { from: number | null; holder: Holder },
    take: () => ServerResponse
  ) => Promise<void>
  /** Ends all streams, and takes no more. */
  close: () => Promise<void>
}

export function startLive({
  pool,
  readers,
  trouble,
  health,
  logger,
  onClients,
  onDropped,
  limits
}: LiveOptions): LiveStreams {
  const { heartbeatMs, pollMs, clients: most, clientsOfKey, maxBytes } = { ...LIMITS, ...limits }
  const hub = createHub({ pool, readers, logger })
  const open = new Map<LiveClient, Holder>() // the clients of the hub, and those that are still catching up
  let poll: NodeJS.Timeout | null = null
  let isClosed = false
  const listener = createListener({
    pool,
    trouble,
    logger,
    onWake: hub.wake,
    onUp: isUp => {
      if (poll) clearInterval(poll)
      poll = isUp ? null : setInterval(hub.wake, pollMs).unref()
    }
  })
  const heart = setInterval(() => {
    void beat()
  }, heartbeatMs).unref()

  async function beat(): Promise<void> {
    const valid = new Map<string, Promise<boolean>>()
    const report = [...open.keys()].some(({ interest }) => interest.kinds.includes('health'))
      ? await health().catch(() => null)
      : null
    for (const [client, { id, isStillValid }] of open) {
      const asked = valid.get(id) ?? isStillValid()
      valid.set(id, asked)
      if (!(await asked)) client.drop(new UnauthorizedError())
      if (client.isOver()) continue
      if (report) client.tellHealth(report)
      client.beat(hub.toldUpTo(client))
    }
  }

  function admit({ actor }: Viewer): void {
    if (isClosed) throw new LiveClosedError()
    if (open.size >= most) throw new LiveFullError()
    if ([...open.keys()].filter(({ interest }) => interest.viewer.actor === actor).length >= clientsOfKey)
      throw new LiveLimitError()
  }

  function add(
    interest: Interest,
    { from, holder }: { from: number; holder: Holder },
    response: ServerResponse
  ): LiveClient {
    const leave = () => {
      hub.leave(client)
      open.delete(client)
      onClients(open.size)
    }
    const stream = openStream(response, { maxBytes, onClose: leave })
    const client = createLiveClient(interest, stream, {
      from,
      onDropped: ({ code }: FastifyError) => {
        leave()
        onDropped(code)
      }
    })
    open.set(client, holder)
    onClients(open.size)
    return client
  }

  return {
    open: async (interest, { from, holder }, take) => {
      admit(interest.viewer)
      const begin = from ?? (await hub.newest())
      admit(interest.viewer) // others may have come meanwhile
      const client = add(interest, { from: begin, holder }, take())
      client.beat(null)
      if (interest.kinds.includes('health')) client.tellHealth(await health())
      await hub.join(client).catch(() => client.drop(new NotReadyError()))
    },
    close: async () => {
      isClosed = true
      clearInterval(heart)
      let n = 0
      for (const client of [...open.keys()]) client.leave(500 + (n++ % 100) * 25) // not all of them come back at once
      await listener.close()
      if (poll) clearInterval(poll)
    }
  }
}

export interface LiveStreamsOptions
  extends Pick<LiveOptions, 'pool' | 'readers' | 'trouble' | 'health' | 'logger'>,
    Partial<Pick<LiveOptions, 'limits'>> {
  metrics: Metrics
  stopping: AbortSignal
}

/**
 * The live streams of a service: ended as soon as it is told to stop, so that their clients go elsewhere while webhooks
 * are still taken.
 */
export function buildLive({ metrics, stopping, logger, ...parts }: LiveStreamsOptions): LiveStreams {
  const streams = startLive({
    ...parts,
    logger: logger.child({ stage: 'live' }),
    onClients: count => metrics.liveClients.set(count),
    onDropped: code => metrics.liveDropped.inc({ code })
  })
  stopping.addEventListener('abort', () => {
    void streams.close()
  })
  return streams
}
