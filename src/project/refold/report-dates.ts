import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { AccountSettings } from '../../accounts/accounts.js'
import type { EntityKind } from '../../events/event.js'
import { localDay } from '../../lib/local-day.js'
import type { FailedEntity } from '../batch/fold-entities.js'
import { refoldThese } from './chunk.js'

export interface RedateStartOptions {
  pool: pg.Pool
  settings: AccountSettings & { watch?: (onChange: () => void) => () => void }
  logger: Logger
}

export interface Redate {
  close: () => Promise<void>
}

const PATIENCE_MS = 10_000

/** No transaction lives longer: what was folded by the old zone, and not committed when we looked, is there by then. */
const ONCE_MORE_MS = 120_000

/**
 * Moves what rows add to the daily reports to the days of the account's time zone, in the background: at the start,
 * whenever a setting
 * has changed, and once more when all that was under way by the old one must have ended.
 */
export function startRedate({ settings, ...options }: RedateStartOptions): Redate {
  const stop = new AbortController()
  let wanted = true
  let wake = () => {}
  let onceMore: NodeJS.Timeout | undefined
  const look = () => {
    wanted = true
    wake()
  }
  const unwatch = settings.watch?.(() => {
    look()
    clearTimeout(onceMore)
    onceMore = setTimeout(look, ONCE_MORE_MS).unref()
  })

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      if (wanted) {
        wanted = false
        if (!(await redateOnce({ settings, signal: stop.signal, ...options }))) {
          wanted = true
          await sleep(PATIENCE_MS, undefined, { signal: stop.signal }).catch(() => {}) // closing ends it
        }
      } else {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    }
  }

  const running = run()
  return {
    close: async () => {
      unwatch?.()
      clearTimeout(onceMore)
      stop.abort()
      wake()
      await running
    }
  }
}

/** False: it has to be tried again. */
async function redateOnce({ logger, ...options }: RedateOptions & { logger: Logger }): Promise<boolean> {
  try {
    const { entities, failures } = await redateAll(options)
    if (entities > 0)
      logger.info({ entities, failed: failures.length }, 'the reports are those of the days of the time zone')
    return true
  } catch (err) {
    logger.warn({ err }, 'moving reports to other days is interrupted, and tried again soon')
    return false
  }
}

export interface RedateOptions {
  pool: pg.Pool
  settings: AccountSettings
  /** Checked between two chunks. */
  signal?: AbortSignal
}

export interface Redated {
  entities: number
  failures: FailedEntity[]
}

/** The tables whose rows add to a day. */
const DATED: readonly { kind: EntityKind; table: string; entity: string; at: string }[] = [
  { kind: 'call', table: 'call_history', entity: 'call_id', at: 'started_at' },
  { kind: 'voicemail', table: 'voicemail_logs', entity: 'voicemail_id', at: 'left_at' },
  { kind: 'message', table: 'sms_logs', entity: 'message_id', at: 'sent_at' }
]

const ROWS_PER_LOOK = 5_000
const ENTITIES_PER_CHUNK = 200

interface DatedRow {
  entity: string
  /** What it adds to; null: to no day. */
  day: string | null
  /** In milliseconds since 1970. */
  at: number
}

/**
 * Folds again every entity that adds to a day which is not its day in the account's time zone: in key order, in small
 * transactions.
 */
export async function redateAll({ pool, settings, signal }: RedateOptions): Promise<Redated> {
  const all: Redated = { entities: 0, failures: [] }
  for (const account of await accountsIn(pool)) {
    for (const dated of DATED) {
      for (let after: string | null = ''; after !== null && !signal?.aborted; ) {
        const rows: readonly DatedRow[] = await nextRows(pool, dated, account, after)
        const wrong = rows.filter(({ day, at }) => day !== null && day !== localDay(at, settings.timeZoneOf(account)))
        for (let from = 0; from < wrong.length && !signal?.aborted; from += ENTITIES_PER_CHUNK) {
          const entities = wrong
            .slice(from, from + ENTITIES_PER_CHUNK)
            .map(({ entity }) => ({ account, kind: dated.kind, entity }))
          all.failures.push(...(await refoldThese({ pool, settings }, entities)))
          all.entities += entities.length
        }
        after = rows.length < ROWS_PER_LOOK ? null : (rows.at(-1)?.entity ?? null)
      }
    }
  }
  return all
}

/** From one to the next, since there are few of them and many entities. */
async function accountsIn(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ account: string }>(`with recursive a as (
    (select account from entities order by account limit 1)
    union all select (select e.account from entities e where e.account > a.account order by e.account limit 1) from a where a.account is not null
  ) select account from a where account is not null`)
  return rows.map(({ account }) => account)
}

/**
 * Days are compared here and not by Postgres: the fold has them from here too, and two tables of time zones might
 * differ.
 */
async function nextRows(
  pool: pg.Pool,
  { table, entity, at }: (typeof DATED)[number],
  account: string,
  after: string
): Promise<DatedRow[]> {
  const { rows } = await pool.query<DatedRow>(
    `select ${entity} as entity, contribution->0->>'date' as day, (extract(epoch from ${at}) * 1000)::float8 as at
    from ${table} where account = $1 and ${entity} > $2 order by ${entity} limit ${ROWS_PER_LOOK}`,
    [account, after]
  )
  return rows
}
