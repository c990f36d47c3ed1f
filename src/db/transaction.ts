import type pg from 'pg'
import { isDataError } from '../lib/sqlstate.js'

/** A connection inside a transaction. */
export type Tx = Pick<pg.PoolClient, 'query'>

/** Runs the work in one READ COMMITTED transaction: committed when it resolves, rolled back when it rejects. */
export async function inTransaction<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  return runBetween(pool, 'begin', work)
}

/** Runs the work in a read-only transaction on one snapshot of the database. */
export async function inSnapshot<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  return runBetween(pool, 'begin isolation level repeatable read read only', work)
}

async function runBetween<T>(pool: pg.Pool, begin: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return withConnection(pool, async (connection, markBroken) => {
    try {
      await connection.query(begin)
      const result = await work(connection)
      await connection.query('commit')
      return result
    } catch (err) {
      await connection.query('rollback').catch(markBroken)
      throw err
    }
  })
}

/**
 * Runs the work with a connection of its own.
 * @param work  calls `markBroken` when the connection cannot be used again; it is closed then
 */
export async function withConnection<T>(
  pool: pg.Pool,
  work: (connection: Tx, markBroken: (err: Error) => void) => Promise<T>
): Promise<T> {
  const connection = await pool.connect()
  let broken: Error | undefined
  const markBroken = (err: Error) => {
    broken = err
  }
  // The pool handles errors of idle connections only. An unhandled 'error' event, when this one is lost between two
  // statements, would crash the process.
  connection.on('error', markBroken)
  try {
    return await work(connection, markBroken)
  } finally {
    connection.off('error', markBroken)
    connection.release(broken)
  }
}

/** An item that the database rejected because of its content. */
export interface Refused<T> {
  item: T
  err: Error
}

/**
 * Does the work for all items together. When the database rejects their content, they are halved repeatedly to find the
 * invalid ones, and the work is done for the others. Other errors, such as a lost connection, a deadlock or a read-only
 * server, are thrown.
 *
 * @returns the invalid items, for which nothing was done
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
    if (!isDataError(err)) throw err
    await tx.query('rollback to savepoint items')
    await tx.query('release savepoint items')
    if (items.length === 1) return [{ item: first, err: err as Error }] // ensured by isDataError
  }
  const middle = items.length >> 1
  return [
    ...(await isolatePoison(tx, items.slice(0, middle), work)),
    ...(await isolatePoison(tx, items.slice(middle), work))
  ]
}
