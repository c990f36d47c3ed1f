import type net from 'node:net'
import { onFrames, type RequestHead, removePartition, withPort } from './kafka-frames.js'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js'

interface Teardown {
  teardown: (fn: () => void) => void
}

/** What happens to the answer of the next Produce request: it lacks one of its partitions, or never arrives. */
type ProduceFault = 'lacks a partition' | 'is lost'

/** Stands between a client and one broker, and passes everything on until it is told otherwise. */
export interface KafkaProxy extends Omit<TcpProxy, 'port'> {
  brokers: string[]
  /** For one answer. */
  arm: (fault: ProduceFault) => void
  /** How many answers were spoiled. */
  spoiled: () => number
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
}

/** Closed when the test ends. Answers that name the broker are made to name the proxy, so that clients stay with it. */
export async function startKafkaProxy(t: Teardown, broker: string): Promise<KafkaProxy> {
  const state: State = { target: Number(broker.split(':')[1]), own: 0, fault: null, spoiled: 0 }
  const { port, ...proxy } = await startTcpProxy(t, { host: '127.0.0.1', port: state.target }, (client, upstream) =>
    join(client, upstream, state)
  )
  state.own = port
  return {
    ...proxy,
    brokers: [`127.0.0.1:${port}`],
    arm: fault => {
      state.fault = fault
    },
    spoiled: () => state.spoiled
  }
}

function join(client: net.Socket, upstream: net.Socket, state: State): void {
  const requests = new Map<number, RequestHead>()
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

function answerOf(frame: Buffer, request: RequestHead, state: State): Buffer | null {
  const { apiKey } = request
  if (apiKey === METADATA || apiKey === FIND_COORDINATOR) return withPort(frame, state.target, state.own)
  const { fault } = state
  if (apiKey !== PRODUCE || !fault) return frame
  state.fault = null
  state.spoiled++
  return fault === 'is lost' ? null : removePartition(frame, request)
}
