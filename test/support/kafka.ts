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
  /** Created if it does not exist; the caller removes it. */
  dir: string
  /** The client port of the first node; further nodes use the following ports. Default: free ports. */
  port?: number
  /** With three nodes everything has three replicas, of which two must be in sync. */
  nodes?: number
  /** Clients must use SASL_SSL with SCRAM-SHA-512. Requires openssl. */
  sasl?: Credentials
  /** Additional lines of server.properties; they override earlier lines with the same key. */
  extra?: readonly string[]
}

/** A real broker or cluster. Nodes are numbered from 1; the default node of every method is the first. */
export interface Kafka {
  brokers: string[]
  /** The certificate that clients must trust; null without `sasl`. */
  ca: string | null
  /** The process ids of the running nodes. */
  readonly pids: number[]
  /** Sends SIGKILL. At its next start the node recovers its last seconds from the log. */
  kill: (node?: number) => Promise<void>
  /** Sends SIGSTOP: connections stay open, but the node does not respond. */
  freeze: (node?: number) => Promise<void>
  thaw: (node?: number) => Promise<void>
  /** Sends SIGTERM: the node hands over its partition leaders first. */
  stopNode: (node?: number) => Promise<void>
  /** Starts a killed or stopped node with its data. Resolves when it serves requests. */
  restart: (node?: number) => Promise<void>
  /** Kills all nodes at once. */
  stop: () => Promise<void>
}

/**
 * Starts Kafka on 127.0.0.1 and resolves when it serves requests. It ends with this process, even if that is killed.
 * Call `kafkaUnavailable` first.
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
