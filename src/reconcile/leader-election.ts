import type pg from 'pg'
import { LOCKS } from '../db/advisory-locks.js'

/** Of all processes with this database, the one that may read MightyCall by itself. */
export interface LeaderElection {
  /** False too when Postgres cannot be asked. */
  isLeader: () => Promise<boolean>
  /** Another may be elected; so may this one, when it asks again. */
  close: () => Promise<void>
}

/**
 * Holds an advisory lock on a connection that it keeps for itself: whoever loses the connection has lost the election.
 */
export function joinElection(pool: pg.Pool, role: 'reconciler' | 'backfiller' = 'reconciler'): LeaderElection {
  let held: pg.PoolClient | null = null

  async function elect(): Promise<boolean> {
    const client = await pool.connect().catch(() => null)
    if (!client) return false
    client.on('error', () => {
      if (held === client) resign()
    }) // unheard, it would end the process
    try {
      const {
        rows: [row]
      } = await client.query<{ elected: boolean }>('select pg_try_advisory_lock($1) as elected', [LOCKS[role]])
      if (row?.elected) held = client
    } catch {
      // the next round asks again
    }
    if (held !== client) client.release(true)
    return held === client
  }

  /** A connection that was cut in silence looks alive until it is used. */
  const isAlive = (own: pg.PoolClient) =>
    own.query('select').then(
      () => held === own,
      () => false
    )

  /** The lock goes with the connection. */
  function resign(): void {
    held?.release(true)
    held = null
  }

  return {
    isLeader: async () => {
      if (held && (await isAlive(held))) return true
      resign()
      return elect()
    },
    close: async () => resign()
  }
}
