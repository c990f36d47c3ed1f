import type pg from 'pg'
import type { SystemState } from '../api/admin/system.js'
import { migrationNames } from '../db/migrate.js'
import type { HealthCheck } from '../http/health.js'
import { packageVersion } from '../lib/package-root.js'
import { isDatabaseUnavailable } from '../lib/sqlstate.js'
import { withTimeout } from '../lib/timeout.js'
import { loadStop } from '../project/breaker/stops.js'
import type { PartitionLag } from '../project/lag.js'
import { foldedKinds, foldVersionOf } from '../project/models/read-models.js'
import type { TokenUse } from '../receive/tokens.js'
import { loadProcesses } from './process-record.js'

export interface SystemStateOptions {
  pool: pg.Pool
  group: string
  /** Saves the state of this process before that of all processes is loaded. */
  saveProcess: () => Promise<void>
  /** The alarms of this process, which are shown while Postgres does not answer. */
  alarmsOfProcess: () => SystemState['alarms']
  now: () => Date
  roles: readonly string[]
  accountIds: () => readonly string[]
  checks: Readonly<Record<string, HealthCheck>>
  /** These are `null` when the process does not have the role. */
  waiting: (() => SystemState['spool']) | null
  lag: (() => Promise<PartitionLag[]>) | null
  tokenUses: (() => TokenUse[]) | null
}

/** A log that hangs must not delay the rest of the answer. */
const LAG_TIMEOUT_MS = 3_000
const SAVE_TIMEOUT_MS = 1_000
const MAX_HOLES = 50

/** A receipt in the future is of a clock that has jumped. */
const LAST_WEBHOOKS = `select a.account, e.received_at as "lastAt"
  from unnest($1::text[]) as a (account)
  left join lateral (
    select received_at from events where account = a.account and source = 'webhook' and kind <> 'unclassified'
      and received_at <= $2
    order by received_at desc, id desc limit 1
  ) e on true
  order by 1`
const HOLES = `select topic, partition, reason, checkpoint_offset as "checkpointOffset", first_offset as "firstOffset",
    end_offset as "endOffset", lost_records::float8 as "lostRecords", lost_after as "lostAfter",
    lost_before as "lostBefore", detected_at as "detectedAt"
  from holes where consumer_group = $1 order by id desc limit ${MAX_HOLES}`

/** What is kept in Postgres. */
type StoredState = Pick<SystemState, 'webhooks' | 'holes' | 'stop' | 'processes' | 'alarms'> & {
  isDatabaseReachable: boolean
  database: Pick<SystemState['versions'], 'postgres' | 'schema'>
}

/**
 * Creates the reader of the state that GET /v1/system answers, as this process sees it. While Postgres does not answer,
 * it answers with what this process knows.
 */
export function createSystemState(options: SystemStateOptions): () => Promise<SystemState> {
  const { roles, checks, waiting, lag, tokenUses, saveProcess } = options
  return async () => {
    await withTimeout(SAVE_TIMEOUT_MS, saveProcess()).catch(() => {}) // what was saved before is shown
    const [{ database, ...stored }, readiness, partitions] = await Promise.all([
      loadStored(options),
      Promise.all(Object.entries(checks).map(async ([role, check]) => ({ role, why: await check() }))),
      lag && withTimeout(LAG_TIMEOUT_MS, lag()).catch(() => null)
    ])
    return {
      versions: {
        package: packageVersion(),
        node: process.versions.node,
        ...database,
        folds: Object.fromEntries(foldedKinds().map(kind => [kind, foldVersionOf(kind)]))
      },
      roles,
      readiness,
      spool: waiting?.() ?? null,
      lag: partitions,
      tokens: tokenUses?.() ?? null,
      ...stored
    }
  }
}

async function loadStored({ pool, group, accountIds, alarmsOfProcess, now }: SystemStateOptions): Promise<StoredState> {
  try {
    const [database, webhooks, holes, stop, system] = await Promise.all([
      versionsOf(pool),
      pool.query<SystemState['webhooks'][number]>(LAST_WEBHOOKS, [accountIds(), now()]),
      pool.query<SystemState['holes'][number]>(HOLES, [group]),
      loadStop(pool, group),
      loadProcesses(pool)
    ])
    return { isDatabaseReachable: true, database, webhooks: webhooks.rows, holes: holes.rows, stop, ...system }
  } catch (err) {
    if (!isDatabaseUnavailable(err)) throw err
    const nothing = { webhooks: [], holes: [], stop: null, processes: [], database: { postgres: '', schema: null } }
    return { isDatabaseReachable: false, ...nothing, alarms: alarmsOfProcess() }
  }
}

async function versionsOf(pool: pg.Pool): Promise<StoredState['database']> {
  const {
    rows: [row]
  } = await pool.query<{ postgres: string; applied: number }>(
    `select current_setting('server_version') as postgres,
       (select count(*)::int from drizzle.__drizzle_migrations) as applied`
  )
  const names = migrationNames()
  return {
    postgres: row?.postgres ?? '',
    // null when a newer version has applied more migrations than this one knows
    schema: names[(row?.applied ?? 0) - 1] ?? null
  }
}
