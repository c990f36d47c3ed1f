import type { Notation } from '../../src/simulator/call-script.js'
import { createRandom, type Random } from '../../src/simulator/random.js'

/** Everything that happens in a run. The same seed always yields the same plan. */
export interface Plan {
  seed: number
  log: 'kafka' | 'local'
  /** `one` process with all roles, or `split` into a receiver and a projector that also answers queries. */
  roles: 'one' | 'split'
  /** A separate server behind a proxy, or the embedded Postgres of the service. */
  database: 'server' | 'embedded'
  /** The size of the file system of the local log or the spool; null for no limit. */
  diskBytes: number | null
  load: LoadPlan
  /** In the order of their start. */
  faults: Fault[]
}

export interface LoadPlan {
  family: Notation
  /** Notifications per second. */
  rate: number
  /** The number of clients, which post sequentially; all notifications of a call use the same client. */
  clients: number
  /** The shares of notifications, 0 to 1, that are posted twice or late. */
  duplicate: number
  reorder: number
}

export interface Fault {
  /** The start, counted from the first notification. */
  atMs: number
  /** The duration. */
  forMs: number
  target: Target
  kind: FaultKind
  /** The number of the broker in a cluster; default: the first. */
  node?: number
}

/** With a single process, `receiver` has all roles. `postmaster` is the embedded Postgres. */
export type Target = 'receiver' | 'projector' | 'broker' | 'postgres' | 'postmaster' | 'disk'

/**
 * kill: SIGKILL. restart: SIGTERM. freeze: SIGSTOP. cut: connections are reset. stall: no data is forwarded. fill: the
 * disk is full.
 */
export type FaultKind = 'kill' | 'restart' | 'freeze' | 'cut' | 'stall' | 'fill'

/** The time during which notifications are posted. Every fault starts within it. */
export const POSTING_MS = 8_000

const MIB = 1024 * 1024
/** More than a run appends, because the local log is not truncated. */
const LOG_BYTES = 16 * MIB
/** Less than a run appends: the spool must respect its limit. */
const SPOOL_BYTES = MIB
const FIRST_MS = 800
const LAST_MS = POSTING_MS - 1_000
const PAUSE_MS = 1_000

const KINDS: Readonly<Record<Target, readonly FaultKind[]>> = {
  receiver: ['kill', 'kill', 'restart', 'freeze'],
  projector: ['kill', 'kill', 'restart', 'freeze'],
  broker: ['kill', 'restart', 'freeze', 'cut', 'stall'],
  postgres: ['kill', 'restart', 'freeze', 'cut', 'stall'],
  postmaster: ['kill'],
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

/** Returns a plan with three brokers, one of which is killed under load and restarted. */
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

/** Returns the targets of faults in an installation. */
export function targetsOf({ log, roles, database, diskBytes }: Omit<Plan, 'seed' | 'load' | 'faults'>): Target[] {
  return [
    'receiver',
    ...(roles === 'split' ? (['projector'] as const) : []),
    ...(log === 'kafka' ? (['broker'] as const) : []),
    database === 'server' ? 'postgres' : 'postmaster',
    ...(diskBytes !== null ? (['disk'] as const) : [])
  ]
}

/** Describes a plan in one line. */
export function describePlan({ seed, log, roles, database, diskBytes, load, faults }: Plan): string {
  const installation = [
    log === 'kafka' ? 'Kafka' : 'the local log',
    roles === 'split' ? 'split roles' : 'one process',
    database === 'server' ? 'a Postgres server' : 'the embedded Postgres',
    ...(diskBytes === null ? [] : [`${diskBytes / MIB} MiB of disk`])
  ].join(', ')
  const described = faults
    .map(
      ({ target, kind, atMs, forMs, node }) =>
        `${kind} ${target}${node === undefined ? '' : ` ${node}`} at ${seconds(atMs)} for ${seconds(forMs)}`
    )
    .join(', ')
  const posting = `${load.rate} ${load.family} notifications/s from ${load.clients} clients`
  return `seed ${seed}: ${installation}, ${posting}; ${described}`
}

/** Plans one fault in each slice of the time, with a pause between two faults of the same target. */
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
    // the target must have recovered before its next fault
    freeAt.set(target, atMs + forMs + (kind === 'kill' || kind === 'restart' ? POSTING_MS / 2 : PAUSE_MS))
    faults.push({ atMs, forMs, target, kind })
  }
  return faults
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
