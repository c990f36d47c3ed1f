import type net from 'node:net'
import { onFrames, type RequestHead, removePartition, withPort } from './kafka-frames.js'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js'
import type { Teardown } from './teardown.js'

/** A fault of the response to a Produce request: one of its partitions is missing, or the response never arrives. */
type ProduceFault = 'omit partition' | 'drop response'

/** A proxy between a client and one broker. It forwards everything unless a fault is injected. */
export interface KafkaProxy extends Omit<TcpProxy, 'port'> {
  brokers: string[]
  /** Applies the fault to the next Produce response. */
  injectFault: (fault: ProduceFault) => void
  /** Returns the number of responses to which a fault was applied. */
  faultedCount: () => number
}

const PRODUCE = 0
const METADATA = 3
const FIND_COORDINATOR = 10

interface State {
  brokerPort: number
  proxyPort: number
  fault: ProduceFault | null
  faulted: number
}

/**
 * Starts a proxy that is closed when the test ends. Responses that name the broker are rewritten to name the proxy, so
 * that clients keep using it.
 */
export async function startKafkaProxy(t: Teardown, broker: string): Promise<KafkaProxy> {
  const state: State = { brokerPort: Number(broker.split(':')[1]), proxyPort: 0, fault: null, faulted: 0 }
  const { port, ...proxy } = await startTcpProxy(t, { host: '127.0.0.1', port: state.brokerPort }, (client, upstream) =>
    forward(client, upstream, state)
  )
  state.proxyPort = port
  return {
    ...proxy,
    brokers: [`127.0.0.1:${port}`],
    injectFault: fault => {
      state.fault = fault
    },
    faultedCount: () => state.faulted
  }
}

function forward(client: net.Socket, upstream: net.Socket, state: State): void {
  const requests = new Map<number, RequestHead>()
  onFrames(client, frame => {
    requests.set(frame.readInt32BE(8), { apiKey: frame.readInt16BE(4), version: frame.readInt16BE(6) })
    upstream.write(frame)
  })
  onFrames(upstream, frame => {
    const request = requests.get(frame.readInt32BE(4))
    requests.delete(frame.readInt32BE(4))
    const response = request ? responseOf(frame, request, state) : frame
    if (response) client.write(response)
  })
}

function responseOf(frame: Buffer, request: RequestHead, state: State): Buffer | null {
  const { apiKey } = request
  if (apiKey === METADATA || apiKey === FIND_COORDINATOR) return withPort(frame, state.brokerPort, state.proxyPort)
  const { fault } = state
  if (apiKey !== PRODUCE || !fault) return frame
  state.fault = null
  state.faulted++
  return fault === 'drop response' ? null : removePartition(frame, request)
}
