import type pg from 'pg'
import { arraysOf, type Columns, unnest } from '../db/bulk-sql.js'
import { type Chain, chainKey, contentOf, type Fact } from './fact.js'

const columns: Columns<Chain> = {
  account: { type: 'text', of: chain => chain.account },
  kind: { type: 'text', of: chain => chain.kind },
  entity: { type: 'text', of: chain => chain.entity },
  chain: { type: 'text', of: chain => chain.chain }
}

/** Lateral, so that each entity's events are read by their key: as a join, all partitions would be read while they are small. */
const NEWEST = `select u.account, u.kind, u.entity, u.chain, e.id, e.type, e.occurred_at, e.fields from ${unnest(columns)} cross join lateral (
    select e.id, e.type, e.occurred_at, e.fields from events e
    where e.account = u.account and e.kind = u.kind and e.entity = u.entity
      and (e.type like '%.reported' or e.type like '%.removed') and (u.chain = '' or e.fields->>'route' = u.chain)
    order by e.occurred_at desc, e.id desc limit 1
  ) e`

interface FactRow extends Chain {
  id: string
  type: string
  occurred_at: Date
  fields: object
}

/** The newest projected fact of each chain that has one, by its key. */
export async function newestFacts (pool: pg.Pool, chains: readonly Chain[]): Promise<Map<string, Fact>> {
  if (chains.length === 0) return new Map()
  const { rows } = await pool.query<FactRow>(NEWEST, arraysOf(columns, chains))
  return new Map(rows.map(row => [chainKey(row), { id: row.id, occurredAt: row.occurred_at.toISOString(), content: contentOf(row.type, row.fields) }]))
}
