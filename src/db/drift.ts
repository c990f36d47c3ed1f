import { type Drift, OTHER_FIELDS } from '../events/drift.js'
import { LOCKS } from './advisory-locks.js'
import { bulkValues, columnsOf, parameter, unnestSql } from './bulk-sql.js'
import { events as eventTable } from './schema/events.js'
import { drift as table } from './schema/projection.js'
import type { Tx } from './transaction.js'

/** An event or a REST response, and the unknown types and fields in it. */
export interface DriftReport {
  account: string
  receivedAt: string
  drifts: readonly Drift[]
}

/** Senders choose the names, so the pairs of type and field of an account beyond this number are counted as one. */
const MAX_PAIRS = 500
const OVERFLOW: Drift = { type: OTHER_FIELDS, field: OTHER_FIELDS, sample: '' }

export type DriftPair = Pick<Drift, 'type' | 'field'>
type Counted = Drift & Omit<DriftReport, 'drifts'>

const columns = [
  ...columnsOf(table, 'account', 'type', 'field', 'sample'),
  ...columnsOf(eventTable, 'receivedAt'),
  parameter('n', 'int')
]

/**
 * One statement, which locks rows in key order, since every batch writes the same rows. The first sample is kept. The
 * last receipt is the one that is counted last: the maximum of a clock that has jumped would stay for ever.
 */
const COUNT = `insert into drift (account, type, field, count, sample, first_seen_at, last_seen_at)
  select account, type, field, count(*), (array_agg(sample order by received_at))[1], min(received_at),
    (array_agg(received_at order by n desc))[1]
  from ${unnestSql(columns)} group by account, type, field order by account, type, field
  on conflict (account, type, field) do update set count = drift.count + excluded.count,
    first_seen_at = least(drift.first_seen_at, excluded.first_seen_at),
    last_seen_at = excluded.last_seen_at
  returning type, field, xmax = 0 as "isNew"`

/**
 * Counts each pair of type and field once per report. Called near the end of a transaction, since every batch locks
 * these rows.
 * @returns the pairs that were seen for the first time
 */
export async function countDrift(tx: Tx, reports: readonly DriftReport[]): Promise<DriftPair[]> {
  if (reports.length === 0) return []
  const accounts = [...new Set(reports.map(({ account }) => account))]
  let known = await loadKnownPairs(tx, accounts)
  if (reports.some(({ account, drifts }) => drifts.some(drift => !known.has(account, drift)))) {
    // New pairs are rare. The lock keeps two batches from exceeding the limit together.
    await tx.query('select pg_advisory_xact_lock($1)', [LOCKS.drift])
    known = await loadKnownPairs(tx, accounts)
  }
  const counted = reports.flatMap(report => withinLimit(report, known))
  const { rows } = await tx.query<DriftPair & { isNew: boolean }>(
    COUNT,
    bulkValues(
      columns,
      counted.map((pair, n) => ({ ...pair, n }))
    )
  )
  return rows.flatMap(({ type, field, isNew }) => (isNew ? [{ type, field }] : []))
}

/** Each pair once. Pairs beyond the limit are counted as OVERFLOW. */
function withinLimit({ account, receivedAt, drifts }: DriftReport, known: KnownPairs): Counted[] {
  const counted = new Map<string, Counted>()
  for (const drift of drifts) {
    const { type, field, sample } = known.add(account, drift) ? drift : OVERFLOW
    const pair = pairKey({ type, field })
    if (!counted.has(pair)) counted.set(pair, { account, type, field, sample, receivedAt })
  }
  return [...counted.values()]
}

/** The pairs of type and field that each account has. */
interface KnownPairs {
  has: (account: string, pair: DriftPair) => boolean
  /** @returns false when the account has reached its limit */
  add: (account: string, pair: DriftPair) => boolean
}

async function loadKnownPairs(tx: Tx, accounts: readonly string[]): Promise<KnownPairs> {
  const { rows } = await tx.query<DriftPair & { account: string }>(
    'select account, type, field from drift where account = any($1) and (type, field) <> ($2, $3)',
    [accounts, OTHER_FIELDS, OTHER_FIELDS]
  )
  const known = new Map<string, Set<string>>(accounts.map(account => [account, new Set()]))
  for (const row of rows) known.get(row.account)?.add(pairKey(row))
  return {
    has: (account, pair) => known.get(account)?.has(pairKey(pair)) ?? false,
    add: (account, pair) => {
      const pairs = known.get(account)
      if (!pairs || (pairs.size >= MAX_PAIRS && !pairs.has(pairKey(pair)))) return false
      pairs.add(pairKey(pair))
      return true
    }
  }
}

const pairKey = ({ type, field }: DriftPair): string => `${type}\n${field}`
