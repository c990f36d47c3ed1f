import type pg from 'pg'
import type { Account } from '../../../accounts/accounts.js'
import { keyDigest, windowStart } from './ledger.js'
import { limitOf, PERMIT_CLASSES, type PermitClass } from './port.js'

interface ClassUsage {
  used: number
  /** 0 while MightyCall blocks the key. */
  left: number
}

/** The usage of an account's API key in the last 24 h. Accounts with the same key have the same usage. */
export interface QuotaUsage {
  account: string
  budget: number
  used: number
  /** `null` while the key is not blocked. */
  blockedUntil: Date | null
  classes: Record<PermitClass, ClassUsage>
}

export interface QuotaUsageOptions {
  pool: pg.Pool
  accounts: { all: () => readonly Pick<Account, 'id' | 'apiKey'>[] }
  budget: number
  now: () => Date
}

/** Loads the usage of all accounts with an API key, ordered by account. Takes no lock. */
export type LoadQuotaUsage = () => Promise<QuotaUsage[]>

const USED = `select key_digest, permit_class, count(*)::int as used from quota_permits
  where key_digest = any($1) and taken_at > $2 group by key_digest, permit_class`
const BLOCKED = 'select key_digest, blocked_until from quota_keys where key_digest = any($1) and blocked_until > $2'

export function createQuotaUsage({ pool, accounts, budget, now }: QuotaUsageOptions): LoadQuotaUsage {
  return async () => {
    const at = now()
    const keys = accounts
      .all()
      .flatMap(({ id, apiKey }) => (apiKey === null ? [] : [{ account: id, digest: keyDigest(apiKey) }]))
    const digests = [...new Set(keys.map(({ digest }) => digest))]
    const used = await pool.query<{ key_digest: string; permit_class: string; used: number }>(USED, [
      digests,
      windowStart(at)
    ])
    const blocked = await pool.query<{ key_digest: string; blocked_until: Date }>(BLOCKED, [digests, at])
    return keys
      .map(({ account, digest }) => ({
        account,
        ...usageOf(
          new Map(used.rows.filter(row => row.key_digest === digest).map(row => [row.permit_class, row.used])),
          blocked.rows.find(row => row.key_digest === digest)?.blocked_until ?? null,
          budget
        )
      }))
      .sort((a, b) => (a.account < b.account ? -1 : 1))
  }
}

function usageOf(
  usedByClass: ReadonlyMap<string, number>,
  blockedUntil: Date | null,
  budget: number
): Omit<QuotaUsage, 'account'> {
  const used = [...usedByClass.values()].reduce((sum, count) => sum + count, 0)
  const of = (permitClass: PermitClass): ClassUsage => ({
    used: usedByClass.get(permitClass) ?? 0,
    left: blockedUntil ? 0 : Math.max(0, limitOf(permitClass, budget) - used)
  })
  const classes = Object.fromEntries(
    PERMIT_CLASSES.map(permitClass => [permitClass, of(permitClass)])
  ) as QuotaUsage['classes'] // Object.fromEntries loses the type of the keys
  return { budget, used, blockedUntil, classes }
}
