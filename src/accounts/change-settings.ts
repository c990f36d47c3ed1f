import type pg from 'pg'
import { audit } from '../access/audit-log.js'
import { inTransaction } from '../db/transaction.js'
import { InvalidParameterError } from '../errors.js'
import { isTimeZone } from '../lib/local-day.js'
import { sqlStateOf } from '../lib/sqlstate.js'
import type { SettingName, Settings } from './setting-values.js'

interface SettingsChange {
  account: string
  /** The settings to set. */
  values: Partial<Settings>
  /** The settings to reset to the configuration. */
  reset: readonly SettingName[]
  by: string
}

export type ChangeSettings = (change: SettingsChange) => Promise<void>

const UNKNOWN_ZONE = '22023'
const SET = `insert into settings (account, name, value, updated_at, updated_by) values ($1, $2, $3, $4, $5)
  on conflict (account, name) do update
  set value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by`

/**
 * Returns a function that changes settings and writes the audit log in one transaction.
 * @throws InvalidParameterError  Node or Postgres does not know the time zone
 */
export function createChangeSettings(pool: pg.Pool, now: () => Date): ChangeSettings {
  return async ({ account, values, reset, by }) => {
    if (values.timeZone !== undefined) await checkTimeZone(pool, values.timeZone)
    const at = now()
    await inTransaction(pool, async tx => {
      for (const name of [...reset].sort())
        await tx.query('delete from settings where account = $1 and name = $2', [account, name])
      for (const [name, value] of Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)))
        await tx.query(SET, [account, name, JSON.stringify(value), at, by])
      await audit(tx, {
        at,
        actor: by,
        action: 'settings.changed',
        account,
        subject: null,
        details: { set: values, reset }
      })
    })
  }
}

/** Postgres computes the days of statistics and Node those of reports, so both must know the time zone. */
async function checkTimeZone(pool: pg.Pool, timeZone: string): Promise<void> {
  const unknown = () => new InvalidParameterError('timeZone must be an IANA time zone, like America/New_York')
  if (!isTimeZone(timeZone)) throw unknown()
  await pool.query("select timestamptz 'epoch' at time zone $1", [timeZone]).catch(err => {
    throw sqlStateOf(err) === UNKNOWN_ZONE ? unknown() : err
  })
}
