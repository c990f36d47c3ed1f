import type { Notation } from '../../src/simulator/call-script.js'
import { createRandom, type Random } from '../../src/simulator/random.js'

/** All that a run does: the same seed always gives the same. */
export interface Plan {
  seed: number
  log: 'kafka' | 'local'
  /** One process with all roles; or one receives, and another projects and answers queries. */
  roles: 'one' | 'split'
  /** A server of its own, behind a proxy, or the one that the service brings along. */
  database: 'server' | 'embedded'
  /** Where the local log, or the spool, lies: so many bytes it may hold, or null for all of the disk. */
  diskBytes: number | null
  load: LoadPlan
  /** In the order of their beginnings. */
  faults: Fault[]
}

export interface LoadPlan {
  family: Notation
  /** Notifications a second. */
  rate: number
  /** Clients that post one after the other; a call has always the same. */
  clients: number
  /** Shares, 0 to 1, that arrive twice, or late. */
  duplicate: number
  reorder: number
}

export interface Fault {
  /** Since the first notification was due. */
  atMs: number
  /** How long, until whatever it was is undone. */
  forMs: number
  target: Target
  kind: FaultKind
  /** Of a cluster's brokers; the first, otherwise. */
  node?: number
}

/** With one process it is `receiver` that holds all roles. */
export type Target = 'receiver' | 'projector' | 'broker' | 'postgres' | 'disk'

/**
 * kill: SIGKILL. restart: SIGTERM. freeze: SIGSTOP. cut: connections are reset. stall: nothing passes. fill: no room is
 * left.
 */
export type FaultKind = 'kill' | 'restart' | 'freeze' | 'cut' | 'stall' | 'fill'

/** How long notifications are due. Every fault has begun before. */
export const POSTING_MS = 8_000

const MIB = 1024 * 1024
/** More than a run appends: nobody takes away what lies in the local log. */
const LOG_BYTES = 16 * MIB
/** Less than that: a spool has to do with what it is given. */
const SPOOL_BYTES = MIB
const FIRST_MS = 800
const LAST_MS = POSTING_MS - 1_000
const PAUSE_MS = 1_000

const KINDS: Readonly<Record<Target, readonly FaultKind[]>> = {
  receiver: ['kill', 'kill', 'restart', 'freeze'],
  projector: ['kill', 'kill', 'restart', 'freeze'],
  broker: ['kill', 'restart', 'freeze', 'cut', 'stall'],
  postgres: ['kill', 'restart', 'freeze', 'cut', 'stall'],
  disk: ['fill']
}

export function planOf(seed: number): Plan {
  const random = createRandom(seed, 1)
  const log = random.pick(['kafka', 'kafka', 'local'] as const)
  const plan: Plan = {
    seed,
    log,
    roles: log === 'kafka' ? random.pick(['one', 'split'] as const) : 'one',
    database: log === 'local' ? random.pick(['server', 'embedded'] as const) : 'server',
    diskBytes: random.pick([null, null, log === 'local' ? LOG_BYTES : SPOOL_BYTES]),
    load: {
      family: random.pick(['classic', 'contact-center'] as const),
      rate: random.pick([60, 120, 200]),
      clients: random.pick([16, 48]),
      duplicate: random.int(0, 10) / 100,
      reorder: random.int(0, 20) / 100
    },
    faults: []
  }
  return { ...plan, faults: faultsOf(plan, random) }
}

/** Three brokers, of which one is killed under load and comes back. */
export function clusterPlanOf(seed: number): Plan {
  const random = createRandom(seed, 2)
  return {
    seed,
    log: 'kafka',
    roles: 'one',
    database: 'server',
    diskBytes: null,
    load: { family: 'classic', rate: 300, clients: 128, duplicate: 0, reorder: 0 },
    faults: [{ atMs: random.int(1_000, 4_000), forMs: 500, target: 'broker', kind: 'kill', node: random.int(1, 3) }]
  }
}

/** What can go wrong in such an installation. */
export function targetsOf({ log, roles, database, diskBytes }: Omit<Plan, 'seed' | 'load' | 'faults'>): Target[] {
  return [
    'receiver',
    ...(roles === 'split' ? (['projector'] as const) : []),
    ...(log === 'kafka' ? (['broker'] as const) : []),
    ...(database === 'server' ? (['postgres'] as const) : []),
    ...(diskBytes !== null ? (['disk'] as const) : [])
  ]
}

/** One line for people. */
export function describePlan({ seed, log, roles, database, diskBytes, load, faults }: Plan): string {
  const place = `${log === 'kafka' ? 'Kafka' : 'the local log'}, ${roles === 'split' ? 'split roles' : 'one process'}, ${database === 'server' ? 'a Postgres server' : 'the embedded Postgres'}${diskBytes === null ? '' : `, ${diskBytes / MIB} MiB of disk`}`
  const told = faults
    .map(
      ({ target, kind, atMs, forMs, node }) =>
        `${kind} ${target}${node === undefined ? '' : ` ${node}`} at ${seconds(atMs)} for ${seconds(forMs)}`
    )
    .join(', ')
  return `seed ${seed}: ${place}, ${load.rate} ${load.family} notifications/s from ${load.clients} clients; ${told}`
}

/** An instant in each slice of the time; what hits the same target twice is apart by a pause. */
function faultsOf(plan: Plan, random: Random): Fault[] {
  const count = random.int(2, 5)
  const sliceMs = (LAST_MS - FIRST_MS) / count
  const freeAt = new Map<Target, number>()
  const faults: Fault[] = []
  for (let i = 0; i < count; i++) {
    const atMs = Math.floor(FIRST_MS + i * sliceMs) + random.int(0, Math.floor(sliceMs) - 1)
    const forMs = random.int(50, random.pick([300, 2_500]))
    const target = random.pick(targetsOf(plan))
    const kind = random.pick(KINDS[target])
    if (atMs < (freeAt.get(target) ?? 0)) continue
    // which has to come up again before it is hit again
    freeAt.set(target, atMs + forMs + (kind === 'kill' || kind === 'restart' ? POSTING_MS / 2 : PAUSE_MS))
    faults.push({ atMs, forMs, target, kind })
  }
  return faults
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
