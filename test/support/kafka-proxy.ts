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

interface State {
  /** The ports of the broker and of the proxy. */
  target: number
  own: number
  fault: ProduceFault | null
  spoiled: number
  stalled: boolean
  sockets: Set<net.Socket>
}

/** Closed when the test ends. Answers that name the broker are made to name the proxy, so that clients stay with it. */
export async function startKafkaProxy (t: Test, broker: string): Promise<KafkaProxy> {
  const state: State = { target: Number(broker.split(':')[1]), own: 0, fault: null, spoiled: 0, stalled: false, sockets: new Set() }
  const server = net.createServer(client => serve(client, state))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  state.own = (server.address() as net.AddressInfo).port // a TCP server has no other kind
  t.teardown(() => {
    server.close()
    for (const socket of state.sockets) socket.destroy()
  })
  return {
    brokers: [`127.0.0.1:${state.own}`],
    arm: fault => { state.fault = fault },
    spoiled: () => state.spoiled,
    stall: () => setStalled(state, true),
    flow: () => setStalled(state, false)
  }
}

function serve (client: net.Socket, state: State): void {
  const upstream = net.connect(state.target, '127.0.0.1')
  const requests = new Map<number, RequestHead>()
  keep(client, upstream, state)
  keep(upstream, client, state)
  onFrames(client, frame => {
    requests.set(frame.readInt32BE(8), { apiKey: frame.readInt16BE(4), version: frame.readInt16BE(6) })
    upstream.write(frame)
  })
  onFrames(upstream, frame => {
    const request = requests.get(frame.readInt32BE(4))
    requests.delete(frame.readInt32BE(4))
    const answer = request ? answerOf(frame, request, state) : frame
    if (answer) client.write(answer)
  })
}

function keep (socket: net.Socket, peer: net.Socket, { sockets, stalled }: State): void {
  sockets.add(socket)
  if (stalled) socket.pause()
  socket.on('error', () => {}).on('close', () => {
    sockets.delete(socket)
    peer.destroy()
  })
}

function setStalled (state: State, stalled: boolean): void {
  state.stalled = stalled
  for (const socket of state.sockets) stalled ? socket.pause() : socket.resume()
}

function answerOf (frame: Buffer, request: RequestHead, state: State): Buffer | null {
  const { apiKey } = request
  if (apiKey === METADATA || apiKey === FIND_COORDINATOR) return withPort(frame, state.target, state.own)
  const { fault } = state
  if (apiKey !== PRODUCE || !fault) return frame
  state.fault = null
  state.spoiled++
  return fault === 'is lost' ? null : removePartition(frame, request)
}
