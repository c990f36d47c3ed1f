import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { freePorts } from './free-ports.js'
import { kafkaJars } from './kafka-jars.js'
import { formatNode, type KafkaNode, kafkaNode } from './kafka-node.js'
import {
  type Credentials,
  makeCertificate,
  type NodePlan,
  serverProperties,
  writeKeystore
} from './kafka-properties.js'

export { kafkaUnavailable } from './kafka-jars.js'

export interface KafkaOptions {
  /** Made when it is not there; the caller removes it. */
  dir: string
  /** Of the first node; the others follow. Without it free ones are taken. */
  port?: number
  /** Three nodes replicate everything three times and need two in sync. */
  nodes?: number
  /** Makes the client's port SASL_SSL with SCRAM-SHA-512; needs openssl. */
  sasl?: Credentials
  /** More lines of server.properties; of equal keys the last counts. */
  extra?: readonly string[]
}

/**
 * A real broker, or a cluster. A node is named by its number, from 1; what takes a node takes the first one by default.
 */
export interface Kafka {
  brokers: string[]
  /** The certificate that clients must trust; null without `sasl`. */
  ca: string | null
  /** Of the nodes that run. */
  readonly pids: number[]
  /** SIGKILL: its last seconds are recovered from the log at the next start. */
  kill: (node?: number) => Promise<void>
  /** SIGSTOP: connections stay open, and nothing answers. */
  freeze: (node?: number) => Promise<void>
  thaw: (node?: number) => Promise<void>
  /** SIGTERM: leaders move away first. */
  stopNode: (node?: number) => Promise<void>
  /** Starts a node that was killed or stopped, with its data. Resolves when it serves. */
  restart: (node?: number) => Promise<void>
  /** Ends all nodes at once, without ceremony. */
  stop: () => Promise<void>
}

/**
 * Starts real Kafka on 127.0.0.1 and resolves when it serves. It dies with this process, whatever that dies of.
 * Ask `kafkaUnavailable` first.
 */
export async function startKafka({ dir, port, nodes = 1, sasl, extra = [] }: KafkaOptions): Promise<Kafka> {
  const home = path.resolve(dir)
  mkdirSync(home, { recursive: true })
  const jars = await kafkaJars()
  const plans = await planNodes(home, nodes, port)
  const ca = sasl ? makeCertificate(home) : null
  const cluster = await Promise.all(
    plans.map(async plan => {
      const files = { dir: plan.dir, jars, heap: nodes > 1 ? '384m' : '512m' }
      mkdirSync(plan.dir, { recursive: true })
      if (sasl) writeKeystore(home, plan.dir)
      await formatNode(files, [...serverProperties(plan, plans, sasl), ...extra], sasl && scramUser(sasl))
      return kafkaNode(files)
    })
  )
  await startAll(cluster)
  const controls = controlsOf(cluster)
  return Object.assign(controls, { brokers: plans.map(plan => `127.0.0.1:${plan.ports.client}`), ca })
}

async function planNodes(home: string, count: number, port: number | undefined): Promise<NodePlan[]> {
  const free = await freePorts(3 * count)
  return Array.from({ length: count }, (_, i) => {
    const [client = 0, internal = 0, controller = 0] = free.slice(3 * i)
    return {
      id: i + 1,
      dir: path.join(home, String(i + 1)),
      ports: { client: port ? port + i : client, internal, controller }
    }
  })
}

function scramUser({ username, password }: Credentials): string {
  return `SCRAM-SHA-512=[name=${username},password=${password}]`
}

async function startAll(cluster: readonly KafkaNode[]): Promise<void> {
  try {
    await Promise.all(cluster.map(node => node.start()))
  } catch (err) {
    await Promise.all(cluster.map(node => node.end('SIGKILL')))
    throw err
  }
}

function controlsOf(cluster: readonly KafkaNode[]) {
  function at(node: number): KafkaNode {
    const found = cluster[node - 1]
    if (!found) throw new RangeError(`the cluster has no node ${node}`)
    return found
  }
  return {
    get pids() {
      return cluster.flatMap(node => node.pid() ?? [])
    },
    kill: (node = 1) => at(node).end('SIGKILL'),
    freeze: (node = 1) => at(node).signal('SIGSTOP'),
    thaw: (node = 1) => at(node).signal('SIGCONT'),
    stopNode: (node = 1) => at(node).end('SIGTERM'),
    restart: (node = 1) => at(node).start(),
    stop: async () => {
      await Promise.all(cluster.map(node => node.end('SIGKILL')))
    }
  }
}
