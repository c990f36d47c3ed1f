import type pg from 'pg'
import { isPoison } from '../lib/sqlstate.js'

/** A connection within a transaction. */
export type Tx = Pick<pg.PoolClient, 'query'>

/** Runs the work in one READ COMMITTED transaction: committed when it resolves, rolled back when it rejects. */
export async function inTransaction<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  return within(pool, 'begin', work)
}

/** Runs the work on one snapshot of the database, without a lock and without a change. */
export async function inSnapshot<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  return within(pool, 'begin isolation level repeatable read read only', work)
}

async function within<T>(pool: pg.Pool, begin: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  const onError = (err: Error) => {
    broken = err
  }
  // the pool hears only idle connections: unheard, one that is lost between two statements ends the process
  client.on('error', onError)
  try {
    await client.query(begin)
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (err) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError
    })
    throw err
  } finally {
    client.off('error', onError)
    client.release(broken) // a connection that cannot roll back is closed, not handed to the next
  }
}

export interface Refused<T> {
  item: T
  err: Error
}

/**
 * Does the work for all items at once; when the database refuses the data, halves them down to the ones at fault.
 * Whatever else goes wrong (connection, deadlock, read-only) is thrown: it is not the items' fault.
 *
 * @returns the items at fault, with nothing of them done
 */
export async function isolatePoison<T>(
  tx: Tx,
  items: readonly T[],
  work: (items: readonly T[]) => Promise<void>
): Promise<Refused<T>[]> {
  const [first] = items
  if (first === undefined) return []
  await tx.query('savepoint items')
  try {
    await work(items)
    await tx.query('release savepoint items')
    return []
  } catch (err) {
    if (!isPoison(err)) throw err
    await tx.query('rollback to savepoint items')
    await tx.query('release savepoint items')
    if (items.length === 1) return [{ item: first, err: err as Error }] // isPoison says that it is one
  }
  const middle = items.length >> 1
  return [
    ...(await isolatePoison(tx, items.slice(0, middle), work)),
    ...(await isolatePoison(tx, items.slice(middle), work))
  ]
}
