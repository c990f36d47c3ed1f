import os from 'node:os'
import type pg from 'pg'
import type { SystemState } from '../api/admin/system.js'
import { bulkValues, columnList, columnsOf, unnestSql } from '../db/bulk-sql.js'
import { alarms as alarmTable } from '../db/schema/processes.js'
import { inTransaction, type Tx } from '../db/transaction.js'
import { DAY_MS } from '../lib/instant.js'
import { packageVersion } from '../lib/package-root.js'
import { withTimeout } from '../lib/timeout.js'
import type { AlarmChange, AlarmJournal } from '../observability/alarm-journal.js'
import { ALARMS, type AlarmName, type AlarmScope } from '../observability/alarms.js'

export interface ProcessRecordOptions {
  pool: pg.Pool
  /** `null` when the logger has none. */
  journal: AlarmJournal | null
  roles: readonly string[]
  /** What the process has spooled; `null` without a spool. */
  spool: () => SystemState['spool']
  now: () => Date
}

/** The row of this process in `processes`, and its alarms in `alarms`. */
export interface ProcessRecord {
  /** Starts to save. Until then alarms are kept in memory. */
  start: (name: string) => void
  /** Saves now. @throws when Postgres does not answer; everything is saved later then */
  save: () => Promise<void>
  /** The alarms of this process that last, for as long as they cannot be loaded from Postgres. */
  alarms: () => SystemState['alarms']
  /** Saves for the last time, as far as Postgres answers. */
  close: () => Promise<void>
}

/** The time between two signs of life. */
const BEAT_MS = 10_000
/** The time from an alarm until it is saved: alarms often come in groups. */
const ALARM_DELAY_MS = 200
const CLOSE_TIMEOUT_MS = 2_000
/** Rows of processes that are gone are kept this long, unless their spool holds records. */
const KEEP_MS = 30 * DAY_MS

const namesOf = (scope: AlarmScope) =>
  Object.entries(ALARMS).flatMap(([name, alarm]) => (alarm.scope === scope ? name : []))
const PROCESS_SCOPED = namesOf('process')
const SYSTEM_SCOPED = namesOf('system')

const BEAT = `insert into processes
    (name, roles, version, started_at, seen_at, stopped_at, spool_records, spool_bytes, spool_set_aside)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  on conflict (name) do update set roles = excluded.roles, version = excluded.version,
    started_at = excluded.started_at, seen_at = excluded.seen_at, stopped_at = excluded.stopped_at,
    spool_records = excluded.spool_records, spool_bytes = excluded.spool_bytes,
    spool_set_aside = excluded.spool_set_aside`

/** A process that starts anew raises again what still holds. */
const END_FORMER_RUN = `update alarms set resolved_at = $2
  where process = $1 and resolved_at is null and last_seen_at < $2 and name = any($3)`
const FORGET_PROCESSES = `delete from processes where seen_at < $1 and coalesce(spool_records, 0) = 0`
const FORGET_ALARMS = `delete from alarms a where greatest(last_seen_at, resolved_at) < $1
  and not exists (select from processes p where p.name = a.process)`

const raisedColumns = columnsOf(alarmTable, 'process', 'name', 'subject', 'since', 'lastSeenAt', 'count', 'resolvedAt')
const RAISE = `insert into alarms as a (${columnList(raisedColumns)})
  select * from ${unnestSql(raisedColumns)} order by process, name, subject
  on conflict (process, name, subject) do update set
    since = case when a.resolved_at is null then a.since else excluded.since end,
    last_seen_at = excluded.last_seen_at, count = a.count + excluded.count, resolved_at = excluded.resolved_at`

/** In the order of the key, as RAISE locks them. */
const RESOLVE = `update alarms a set resolved_at = $4 from (
    select process, name, subject from alarms
    where name = $2 and subject = $3 and resolved_at is null and (process = $1 or name = any($5))
    order by process for update
  ) open where (a.process, a.name, a.subject) = (open.process, open.name, open.subject)`

/** Keeps the state of this process in Postgres. While Postgres does not answer, what has changed is kept in memory. */
export function createProcessRecord(options: ProcessRecordOptions): ProcessRecord {
  const { pool, journal, now } = options
  let run: { name: string; startedAt: Date; hasEndedFormerRun: boolean } | null = null
  let stoppedAt: Date | null = null
  let saving: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let dueAt = Number.POSITIVE_INFINITY // when the timer fires
  let hasChanged = false // since the last save began

  async function write(): Promise<void> {
    if (!run) return
    hasChanged = false
    const { name, startedAt, hasEndedFormerRun } = run
    if (!hasEndedFormerRun) await endFormerRun(pool, name, startedAt)
    run.hasEndedFormerRun = true
    const { records = null, bytes = null, setAside = null } = options.spool() ?? {}
    const beat = [name, options.roles, packageVersion(), startedAt, now(), stoppedAt, records, bytes, setAside]
    await pool.query(BEAT, beat)
    await journal?.save(changes => inTransaction(pool, tx => saveAlarms(tx, name, changes)))
  }

  /** One at a time: two would save the same changes. */
  function save(): Promise<void> {
    const next = saving.then(write)
    saving = next.catch(() => {})
    return next
  }

  /** An earlier time stays: alarms that follow one another must not put off the save for ever. */
  function saveIn(delayMs: number): void {
    const at = performance.now() + delayMs
    if (stoppedAt || at >= dueAt) return
    clearTimeout(timer)
    dueAt = at
    timer = setTimeout(() => void saveAndWait(), delayMs).unref()
  }

  async function saveAndWait(): Promise<void> {
    dueAt = Number.NEGATIVE_INFINITY // nothing is scheduled during a save
    // When Postgres is not reachable, or not migrated yet, the next beat saves it.
    const isSaved = await save().then(
      () => true,
      () => false
    )
    dueAt = Number.POSITIVE_INFINITY
    saveIn(isSaved && hasChanged ? ALARM_DELAY_MS : BEAT_MS)
  }

  return {
    start: name => {
      run = { name, startedAt: now(), hasEndedFormerRun: false }
      journal?.onChange(() => {
        hasChanged = true
        saveIn(ALARM_DELAY_MS)
      })
      saveIn(ALARM_DELAY_MS)
    },
    save,
    alarms: () =>
      (journal?.lasting() ?? []).map(({ lastSeenAt, count, ...alarm }) => ({
        ...alarm,
        process: run?.name ?? '',
        scope: scopeOf(alarm.name),
        count: Math.max(1, count),
        lastAt: lastSeenAt,
        resolvedAt: null
      })),
    close: async () => {
      stoppedAt = now()
      clearTimeout(timer)
      await withTimeout(CLOSE_TIMEOUT_MS, save()).catch(() => {}) // the last sign of life stays an older one
    }
  }
}

/** Returns the name of a process that listens at the URL: the same one after a restart. */
export function processNameOf(url: string): string {
  return `${os.hostname()}:${new URL(url).port}`
}

async function endFormerRun(pool: pg.Pool, name: string, startedAt: Date): Promise<void> {
  await pool.query(END_FORMER_RUN, [name, startedAt, PROCESS_SCOPED])
  const before = new Date(startedAt.getTime() - KEEP_MS)
  await pool.query(FORGET_PROCESSES, [before])
  await pool.query(FORGET_ALARMS, [before])
}

async function saveAlarms(tx: Tx, process: string, changes: readonly AlarmChange[]): Promise<void> {
  const rows = changes.flatMap(({ raised, ...change }) =>
    raised ? [{ ...change, ...raised, process, count: BigInt(raised.count) }] : []
  )
  if (rows.length > 0) await tx.query(RAISE, bulkValues(raisedColumns, rows))
  for (const { name, subject, resolvedAt } of changes)
    if (resolvedAt) await tx.query(RESOLVE, [process, name, subject, resolvedAt, SYSTEM_SCOPED])
}

const MAX_ALARMS = 1000

const PROCESSES = `select name, roles, version, started_at as "startedAt", seen_at as "seenAt",
    stopped_at as "stoppedAt", spool_records::float8 as records, spool_bytes::float8 as bytes,
    spool_set_aside as "setAside"
  from processes order by name`

/** Those that last come first. A condition was last seen with its process, as long as that does not resolve it. */
const ALARM_ROWS = `select a.name, a.subject, a.process, a.since, a.count::float8 as count,
    a.resolved_at as "resolvedAt",
    case when a.resolved_at is null and a.name = any($1) then greatest(a.last_seen_at, p.seen_at)
      else a.last_seen_at end as "lastAt"
  from alarms a left join processes p on p.name = a.process
  order by a.resolved_at is not null, a.last_seen_at desc, a.process, a.name, a.subject limit ${MAX_ALARMS}`

type ProcessRow = Omit<SystemState['processes'][number], 'spool'> & {
  records: number | null
  bytes: number
  setAside: number
}

/** Loads every process that has saved its state, and the alarms of all of them. */
export async function loadProcesses(pool: pg.Pool): Promise<Pick<SystemState, 'processes' | 'alarms'>> {
  const [processes, alarms] = await Promise.all([
    pool.query<ProcessRow>(PROCESSES),
    pool.query<Omit<SystemState['alarms'][number], 'scope'>>(ALARM_ROWS, [PROCESS_SCOPED])
  ])
  return {
    processes: processes.rows.map(({ records, bytes, setAside, ...process }) => ({
      ...process,
      spool: records === null ? null : { records, bytes, setAside }
    })),
    alarms: alarms.rows.map(alarm => ({ ...alarm, scope: scopeOf(alarm.name) }))
  }
}

/** A newer version may have raised an alarm that this one does not know. */
function scopeOf(name: string): AlarmScope {
  return ALARMS[name as AlarmName]?.scope ?? 'event'
}
