import type pg from 'pg'
import type { Logger } from 'pino'
import type { AccountSettings } from '../../accounts/accounts.js'
import type { EntityKind } from '../../events/event.js'
import { localDay } from '../../lib/local-day.js'
import { retry } from '../../lib/retry.js'
import type { FailedEntity } from '../batch/fold-entities.js'
import { READ_MODELS } from '../models/read-models.js'
import { refoldEntities } from './chunk.js'

export interface RedateStartOptions {
  pool: pg.Pool
  settings: AccountSettings & { watch?: (onChange: () => void) => () => void }
  logger: Logger
}

export interface Redate {
  close: () => Promise<void>
}

const BACK_OFF = { first: 10_000, most: 10_000 }

/** Longer than any transaction: rows that were folded with the old time zone are committed by then. */
const LAST_CHECK_MS = 120_000

/**
 * waiting  every row counts for its day, as far as is known
 * due      a check has to be made
 * running  a check is being made, or waits to be retried; another request makes the next one due
 */
type RedateState = 'waiting' | 'due' | 'running'

/**
 * Moves contributions to the daily reports to the days of the account's time zone, in the background: at the start,
 * after each change of a setting, and once more when all transactions that began before the change must have ended.
 */
export function startRedate({ pool, settings, logger }: RedateStartOptions): Redate {
  const stop = new AbortController()
  let state: RedateState = 'due'
  let wake = () => {}
  let lastCheck: NodeJS.Timeout | undefined
  const request = () => {
    state = 'due'
    wake()
  }
  const unwatch = settings.watch?.(() => {
    request()
    clearTimeout(lastCheck)
    lastCheck = setTimeout(request, LAST_CHECK_MS).unref()
  })

  async function check(): Promise<void> {
    await retry(
      async () => {
        state = 'running'
        const { entities, failures } = await redateAll({ pool, settings, signal: stop.signal })
        if (entities > 0)
          logger.info({ entities, failed: failures.length }, 'moved reports to the days of the time zone')
      },
      {
        signal: stop.signal,
        backOff: BACK_OFF,
        onFailure: err => logger.warn({ err }, 'moving reports to other days failed, will try again')
      }
    )
    if (state === 'running') state = 'waiting'
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      if (state === 'due') await check()
      else
        await new Promise<void>(resolve => {
          wake = resolve
        })
    }
  }

  const running = run()
  return {
    close: async () => {
      unwatch?.()
      clearTimeout(lastCheck)
      stop.abort()
      wake()
      await running
    }
  }
}

export interface RedateOptions {
  pool: pg.Pool
  settings: AccountSettings
  /** Interrupts between two chunks. */
  signal?: AbortSignal
}

export interface Redated {
  entities: number
  failures: FailedEntity[]
}

/** The table of a model that adds to the reports. */
interface ReportedTable {
  kind: EntityKind
  name: string
  entityColumn: string
  dateColumn: string
  droppableSeconds: string
}

const REPORTED_TABLES = READ_MODELS.flatMap(({ kind, reports, tables: [table] }): ReportedTable[] =>
  reports && table
    ? [
        {
          kind,
          name: table.name,
          entityColumn: table.entityColumn,
          dateColumn: reports.dateColumn,
          droppableSeconds: reports.droppableSeconds ?? 'null'
        }
      ]
    : []
)

const ROWS_PER_QUERY = 5_000
const ENTITIES_PER_CHUNK = 200

interface DatedRow {
  entity: string
  /** The day that the row counts for; null when it adds to no report. */
  day: string | null
  /** The instant that determines the day, in milliseconds since 1970. */
  at: number
  /** The seconds that decide whether the row counts as dropped, or null when it never does. */
  droppable: number | null
  isDropped: boolean
}

/**
 * Folds every entity again that counts for another day than its day in the account's time zone, in key order and in
 * small transactions.
 */
export async function redateAll({ pool, settings, signal }: RedateOptions): Promise<Redated> {
  const result: Redated = { entities: 0, failures: [] }
  for (const account of await accountsIn(pool)) {
    for (const table of REPORTED_TABLES) {
      for (let after: string | null = ''; after !== null && !signal?.aborted; ) {
        const rows: readonly DatedRow[] = await nextRows(pool, table, { account, after })
        const wrong = rows.filter(row => isOutdated(row, account, settings))
        for (let from = 0; from < wrong.length && !signal?.aborted; from += ENTITIES_PER_CHUNK) {
          const entities = wrong
            .slice(from, from + ENTITIES_PER_CHUNK)
            .map(({ entity }) => ({ account, kind: table.kind, entity }))
          result.failures.push(...(await refoldEntities({ pool, settings }, entities)))
          result.entities += entities.length
        }
        after = rows.length < ROWS_PER_QUERY ? null : (rows.at(-1)?.entity ?? null)
      }
    }
  }
  return result
}

function isOutdated({ day, at, droppable, isDropped }: DatedRow, account: string, settings: AccountSettings): boolean {
  if (day === null) return false
  const shouldBeDropped = droppable !== null && droppable < settings.droppedUnderSecondsOf(account)
  return day !== localDay(at, settings.timeZoneOf(account)) || shouldBeDropped !== isDropped
}

/** Skips from one account to the next, since there are few accounts and many entities. */
async function accountsIn(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ account: string }>(`with recursive a as (
    (select account from entities order by account limit 1)
    union all
    select (select e.account from entities e where e.account > a.account order by e.account limit 1)
    from a where a.account is not null
  ) select account from a where account is not null`)
  return rows.map(({ account }) => account)
}

/**
 * The caller compares the days, as the fold computes them, instead of Postgres, whose time zone database may be another
 * version.
 */
async function nextRows(
  pool: pg.Pool,
  { name, entityColumn, dateColumn, droppableSeconds }: ReportedTable,
  { account, after }: { account: string; after: string }
): Promise<DatedRow[]> {
  const { rows } = await pool.query<DatedRow>(
    `select ${entityColumn} as entity, contribution->0->>'date' as day,
      (extract(epoch from ${dateColumn}) * 1000)::float8 as at,
      (${droppableSeconds})::float8 as droppable,
      contribution->0 ? 'dropped' as "isDropped"
    from ${name} where account = $1 and ${entityColumn} > $2 order by ${entityColumn} limit ${ROWS_PER_QUERY}`,
    [account, after]
  )
  return rows
}
