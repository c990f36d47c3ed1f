import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export interface Credentials {
  username: string
  password: string
}

export interface NodePlan {
  id: number
  dir: string
  ports: { client: number; internal: number; controller: number }
}

/** Returns the lines of server.properties for a node that is both broker and controller. */
export function serverProperties(
  node: NodePlan,
  cluster: readonly NodePlan[],
  sasl: Credentials | undefined
): string[] {
  const replicas = Math.min(3, cluster.length)
  return [
    ...listeners(node, cluster, sasl ? 'SASL_SSL' : 'PLAINTEXT'),
    `log.dirs=${node.dir}/data`,
    'auto.create.topics.enable=false',
    ...replication(replicas, Math.max(1, replicas - 1)),
    ...SMALL_FOOTPRINT,
    ...(sasl ? saslLines(node.dir) : [])
  ]
}

/** Creates a certificate for 127.0.0.1 in the folder and returns the PEM text that a client must trust. */
export function makeCertificate(dir: string): string {
  const [key, certificate] = [path.join(dir, 'key.pem'), path.join(dir, 'ca.pem')]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '30',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      certificate
    ],
    { stdio: 'ignore' }
  )
  return readFileSync(certificate, 'utf8')
}

/** Copies the key and certificate to a node, in the order that Kafka requires: the key first. */
export function writeKeystore(from: string, dir: string): void {
  const pem = ['key.pem', 'ca.pem'].map(name => readFileSync(path.join(from, name), 'utf8')).join('')
  writeFileSync(path.join(dir, 'keystore.pem'), pem, { mode: 0o600 })
}

function listeners({ id, ports }: NodePlan, cluster: readonly NodePlan[], protocol: string): string[] {
  const open = [`CLIENT://127.0.0.1:${ports.client}`, `INTERNAL://127.0.0.1:${ports.internal}`]
  return [
    'process.roles=broker,controller',
    `node.id=${id}`,
    `controller.quorum.voters=${cluster.map(node => `${node.id}@127.0.0.1:${node.ports.controller}`).join(',')}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=INTERNAL',
    `listeners=${[...open, `CONTROLLER://127.0.0.1:${ports.controller}`].join(',')}`,
    `advertised.listeners=${open.join(',')}`,
    `listener.security.protocol.map=CLIENT:${protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`
  ]
}

function replication(replicas: number, minInSync: number): string[] {
  return [
    `default.replication.factor=${replicas}`,
    `min.insync.replicas=${minInSync}`,
    `offsets.topic.replication.factor=${replicas}`,
    `transaction.state.log.replication.factor=${replicas}`,
    `transaction.state.log.min.isr=${minInSync}`
  ]
}

function saslLines(dir: string): string[] {
  return [
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${dir}/keystore.pem`,
    'sasl.enabled.mechanisms=SCRAM-SHA-512',
    'listener.name.client.scram-sha-512.sasl.jaas.config=' +
      'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  ]
}

const SMALL_FOOTPRINT = [
  'num.partitions=1',
  'offsets.topic.num.partitions=1',
  'transaction.state.log.num.partitions=1',
  'group.initial.rebalance.delay.ms=0',
  'num.network.threads=2',
  'num.io.threads=2',
  'num.replica.fetchers=1',
  'background.threads=2',
  'log.cleaner.dedupe.buffer.size=4194304', // the default of 128 MiB is allocated on the heap at start
  'broker.heartbeat.interval.ms=500',
  'broker.session.timeout.ms=3000' // after a kill; with the default of 9 s most of a restart would be waiting
]
