import { type Drift, OTHER_FIELDS } from '../events/drift.js'
import { LOCKS } from './advisory-locks.js'
import { arraysOf, type Columns, unnest } from './bulk-sql.js'
import type { Tx } from './transaction.js'

/** An event or an answer, and what it holds that we do not know. */
export interface Sighting {
  account: string
  receivedAt: string
  drifts: readonly Drift[]
}

/** A sender chooses the names: beyond so many pairs of type and field an account's are counted as one. */
const MAX_PAIRS = 500
const REST_OF_ACCOUNT: Drift = { type: OTHER_FIELDS, field: OTHER_FIELDS, sample: '' }

export type DriftPair = Pick<Drift, 'type' | 'field'>
type Counted = Drift & { account: string; receivedAt: string }

const columns: Columns<Counted> = {
  account: { type: 'text', of: row => row.account },
  type: { type: 'text', of: row => row.type },
  field: { type: 'text', of: row => row.field },
  sample: { type: 'text', of: row => row.sample },
  received_at: { type: 'timestamptz', of: row => row.receivedAt }
}

/** One statement, in the order of the keys: its rows are those that every batch wants. The first sample stays. */
const COUNT = `insert into drift (account, type, field, count, sample, first_seen_at, last_seen_at)
  select account, type, field, count(*), (array_agg(sample order by received_at))[1], min(received_at), max(received_at)
  from ${unnest(columns)} group by account, type, field order by account, type, field
  on conflict (account, type, field) do update set count = drift.count + excluded.count,
    first_seen_at = least(drift.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(drift.last_seen_at, excluded.last_seen_at)
  returning type, field, xmax = 0 as "isNew"`

/**
 * Counts each pair of type and field once for each sighting. Its rows are hot: near the end of the transaction.
 * @returns the pairs that were seen for the first time
 */
export async function countSightings(tx: Tx, sightings: readonly Sighting[]): Promise<DriftPair[]> {
  if (sightings.length === 0) return []
  const accounts = [...new Set(sightings.map(({ account }) => account))]
  let places = await loadPlaces(tx, accounts)
  if (sightings.some(({ account, drifts }) => drifts.some(drift => !places.has(account, drift)))) {
    // new pairs are rare, and two batches must not both take the last places
    await tx.query('select pg_advisory_xact_lock($1)', [LOCKS.drift])
    places = await loadPlaces(tx, accounts)
  }
  const { rows } = await tx.query<DriftPair & { isNew: boolean }>(
    COUNT,
    arraysOf(
      columns,
      sightings.flatMap(sighting => withinLimit(sighting, places))
    )
  )
  return rows.flatMap(({ type, field, isNew }) => (isNew ? [{ type, field }] : []))
}

/** Each pair once: what finds no place is the rest. */
function withinLimit({ account, receivedAt, drifts }: Sighting, places: Places): Counted[] {
  const counted = new Map<string, Counted>()
  for (const drift of drifts) {
    const { type, field, sample } = places.take(account, drift) ? drift : REST_OF_ACCOUNT
    const pair = `${type}\n${field}`
    if (!counted.has(pair)) counted.set(pair, { account, type, field, sample, receivedAt })
  }
  return [...counted.values()]
}

interface Places {
  has: (account: string, pair: DriftPair) => boolean
  /** False: the account has as many pairs as it may have. */
  take: (account: string, pair: DriftPair) => boolean
}

async function loadPlaces(tx: Tx, accounts: readonly string[]): Promise<Places> {
  const { rows } = await tx.query<DriftPair & { account: string }>(
    'select account, type, field from drift where account = any($1) and (type, field) <> ($2, $3)',
    [accounts, OTHER_FIELDS, OTHER_FIELDS]
  )
  const taken = new Map<string, Set<string>>(accounts.map(account => [account, new Set()]))
  const keyOf = ({ type, field }: DriftPair) => `${type}\n${field}`
  for (const row of rows) taken.get(row.account)?.add(keyOf(row))
  return {
    has: (account, pair) => taken.get(account)?.has(keyOf(pair)) ?? false,
    take: (account, pair) => {
      const pairs = taken.get(account)
      if (!pairs || (pairs.size >= MAX_PAIRS && !pairs.has(keyOf(pair)))) return false
      pairs.add(keyOf(pair))
      return true
    }
  }
}
