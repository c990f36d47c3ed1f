import type pg from 'pg'
import { LOCKS } from '../db/advisory-locks.js'

/** Elects, among the processes that share a database, the one that may read MightyCall by itself. */
export interface LeaderElection {
  /** Whether this process is the leader; it also stands for election when it is not. False without Postgres. */
  isLeader: () => Promise<boolean>
  /** Gives up the leadership. A later `isLeader` stands for election again. */
  close: () => Promise<void>
}

/**
 * candidate  the process does not hold the advisory lock; it tries to take it at the next `isLeader`
 * leader     the process holds it on a connection of its own, until that connection is lost or released
 */
type ElectionState = { name: 'candidate' } | { name: 'leader'; connection: pg.PoolClient }

/** Holds an advisory lock on a connection that it keeps: a process that loses the connection loses the election. */
export function joinElection(pool: pg.Pool, role: 'reconciler' | 'backfiller' = 'reconciler'): LeaderElection {
  let state: ElectionState = { name: 'candidate' }

  const isHeldOn = (connection: pg.PoolClient) => state.name === 'leader' && state.connection === connection

  async function tryToLead(): Promise<boolean> {
    const connection = await pool.connect().catch(() => null)
    if (!connection) return false
    // an unhandled 'error' event would crash the process
    connection.on('error', () => {
      if (isHeldOn(connection)) resign()
    })
    try {
      const { rows } = await connection.query<{ isLocked: boolean }>('select pg_try_advisory_lock($1) as "isLocked"', [
        LOCKS[role]
      ])
      if (rows[0]?.isLocked) state = { name: 'leader', connection }
    } catch {
      // the next `isLeader` tries again
    }
    if (!isHeldOn(connection)) connection.release(true)
    return isHeldOn(connection)
  }

  /** A connection that was cut without notice looks alive until it is used. */
  const isAlive = (connection: pg.PoolClient) =>
    connection.query('select').then(
      () => isHeldOn(connection),
      () => false
    )

  /** Closing the connection releases the lock. */
  function resign(): void {
    if (state.name === 'leader') state.connection.release(true)
    state = { name: 'candidate' }
  }

  return {
    isLeader: async () => {
      if (state.name === 'leader' && (await isAlive(state.connection))) return true
      resign()
      return tryToLead()
    },
    close: async () => resign()
  }
}
