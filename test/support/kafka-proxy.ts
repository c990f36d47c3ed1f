import net from 'node:net'
import type { Test } from 'tap'
import { onFrames, removePartition, type RequestHead, withPort } from './kafka-frames.js'

/** What happens to the answer of the next Produce request: it lacks one of its partitions, or never arrives. */
export type ProduceFault = 'lacks a partition' | 'is lost'

/** Stands between a client and one broker, and passes everything on until it is told otherwise. */
export interface KafkaProxy {
  brokers: string[]
  /** For one answer. */
  arm: (fault: ProduceFault) => void
  /** How many answers were spoiled. */
  spoiled: () => number
  /** Connections stay open, new ones are taken, and nothing passes, as with a frozen broker. */
  stall: () => void
  flow: () => void
}

const PRODUCE = 0
const METADATA = 3
const FIND_COORDINATOR = 10

/** Closed when the test ends. Answers that name the broker are made to name the proxy, so that clients stay with it. */
export async function startKafkaProxy (t: Test, broker: string): Promise<KafkaProxy> {
  const target = Number(broker.split(':')[1])
  const sockets = new Set<net.Socket>()
  const state = { fault: null as ProduceFault | null, spoiled: 0, stalled: false, port: 0 }
  const server = net.createServer(client => {
    const upstream = net.connect(target, '127.0.0.1')
    const requests = new Map<number, RequestHead>()
    join(client, upstream)
    onFrames(client, frame => {
      requests.set(frame.readInt32BE(8), { apiKey: frame.readInt16BE(4), version: frame.readInt16BE(6) })
      upstream.write(frame)
    })
    onFrames(upstream, frame => {
      const request = requests.get(frame.readInt32BE(4))
      requests.delete(frame.readInt32BE(4))
      const answer = request ? answerOf(frame, request) : frame
      if (answer) client.write(answer)
    })
  })

  function join (client: net.Socket, upstream: net.Socket): void {
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(one)
      if (state.stalled) one.pause()
      one.on('error', () => {}).on('close', () => { sockets.delete(one); other.destroy() })
    }
  }

  function answerOf (frame: Buffer, request: RequestHead): Buffer | null {
    const { apiKey } = request
    if (apiKey === METADATA || apiKey === FIND_COORDINATOR) return withPort(frame, target, state.port)
    const { fault } = state
    if (apiKey !== PRODUCE || !fault) return frame
    state.fault = null
    state.spoiled++
    return fault === 'is lost' ? null : removePartition(frame, request)
  }

  function setStalled (stalled: boolean): void {
    state.stalled = stalled
    for (const socket of sockets) stalled ? socket.pause() : socket.resume()
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  state.port = (server.address() as net.AddressInfo).port // a TCP server has no other kind
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    brokers: [`127.0.0.1:${state.port}`],
    arm: fault => { state.fault = fault },
    spoiled: () => state.spoiled,
    stall: () => setStalled(true),
    flow: () => setStalled(false)
  }
}
