import http from 'node:http'
import { eventually } from './eventually.js'
import type { Teardown } from './teardown.js'

export interface LiveEvent {
  id: string | null
  event: string
  data: {
    revision?: number
    object?: { id?: string; extension?: string; state?: string } | null
    id?: string
    code?: string
    message?: string
  }
}

interface LiveBeat {
  at: string
  revision: number
  incomplete: boolean
}

export interface LiveClient {
  status: number
  /** All events but the beats. */
  events: LiveEvent[]
  beats: LiveBeat[]
  /** Returns the id from which the client would resume. */
  lastId: () => string
  /** Returns everything that was received, including comments. */
  text: () => string
  isClosed: () => boolean
  /** Stops reading from the connection. */
  pause: () => void
  close: () => void
}

export interface WatchOptions {
  key: string
  lastEventId?: string
  /** The header Accept, which names event streams when an EventSource sends it. */
  accept?: string
  /** Called with each event as it arrives. */
  onEvent?: (event: LiveEvent) => void
  keepText?: boolean
}

/** Reads server-sent events as a browser does, but does not reconnect. */
export async function watchLive(
  t: Teardown,
  url: string,
  { key, lastEventId, accept = '*/*', onEvent = () => {}, keepText = true }: WatchOptions
): Promise<LiveClient> {
  const headers = {
    authorization: `Bearer ${key}`,
    accept,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId })
  }
  const request = http.get(url, { headers, agent: false })
  t.teardown(() => {
    request.destroy()
  })
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
  request.on('error', () => {}) // the server cut the connection
  const events: LiveEvent[] = []
  const beats: LiveBeat[] = []
  let text = ''
  let rest = ''
  let lastId = lastEventId ?? ''
  let isOver = false
  response.setEncoding('utf8').on('data', (chunk: string) => {
    if (keepText) text += chunk
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = parse(block)
      if (event.id !== null) lastId = event.id
      if (event.data === null) continue
      if (event.event === 'beat') {
        if (keepText) beats.push(event.data as LiveBeat) // as live/client.ts writes it
        continue
      }
      const liveEvent = { ...event, data: event.data }
      if (keepText) events.push(liveEvent)
      onEvent(liveEvent)
    }
  })
  response
    .on('error', () => {})
    .once('close', () => {
      isOver = true
    })
  return {
    status: response.statusCode ?? 0,
    events,
    beats,
    lastId: () => lastId,
    text: () => text,
    isClosed: () => isOver,
    pause: () => {
      response.pause()
    },
    close: () => {
      request.destroy()
    }
  }
}

function parse(block: string): Omit<LiveEvent, 'data'> & { data: LiveEvent['data'] | null } {
  const fields = new Map(
    block
      .split('\n')
      .filter(line => !line.startsWith(':'))
      .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
  )
  const data = fields.get('data')
  return {
    id: fields.get('id') ?? null,
    event: fields.get('event') ?? 'message',
    data: data === undefined ? null : (JSON.parse(data) as LiveEvent['data']) // as live/frames.ts writes it
  }
}

/** Waits until the condition holds for the received events, and returns them. */
export async function untilDelivered(
  client: LiveClient,
  what: string,
  condition: (events: readonly LiveEvent[]) => boolean
): Promise<LiveEvent[]> {
  await eventually(what, () => condition(client.events)).catch((err: Error) => {
    throw new Error(`${err.message}; received: ${client.text()}`)
  })
  return client.events
}
