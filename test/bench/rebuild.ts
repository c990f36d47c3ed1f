import type pg from 'pg'
import { rebuild as rebuildAll } from '../../src/project/rebuild/rebuild.js'
import { SETTINGS } from '../support/settings.js'
import type { Bench } from './context.js'
import { openDatabase } from './project/database.js'
import { storeCalls } from './rebuild/events.js'
import { readAndWrite } from './rebuild/plain.js'

const EVENTS = 1_000_000

/**
 * Events per second from the table of events into rows: with none of the rows there, with all of them right, and
 * without a fold.
 */
export const rebuild: Bench = async context => {
  const { print, progress } = context
  progress('starting Postgres')
  const { pool } = await openDatabase(context)
  const events = await storeCalls(pool, EVENTS, stored => progress(`storing events, ${stored} of ${EVENTS}`))
  await pool.query('vacuum analyze')
  const rate = async (name: string, work: () => Promise<number>) => {
    progress(name)
    await pool.query('checkpoint') // or it would come during somebody's turn
    const value = (events / (await work())) * 1000
    print({ name: `rebuild_${name}`, value, unit: 'events/s' })
    return value
  }
  const plain = await rate('plain', () => readAndWrite(pool))
  await empty(pool)
  const missing = await rate('of_nothing', () => timed(() => rebuilt(pool, { differences: 'some' })))
  await rate('of_right_rows', () => timed(() => rebuilt(pool, { differences: 'none' })))
  print({ name: 'rebuild_to_plain', value: missing / plain, unit: 'x', goal: { atLeast: 0.3 } })
}

async function rebuilt(pool: pg.Pool, { differences }: { differences: 'some' | 'none' }): Promise<void> {
  const done = await rebuildAll({ pool, settings: SETTINGS, now: () => new Date(), dryRun: false })
  if (!done.finished || done.failures.length > 0 || done.differences > 0 !== (differences === 'some'))
    throw new Error(`the rebuild found ${done.differences} differences and ${done.failures.length} failures`)
}

async function empty(pool: pg.Pool): Promise<void> {
  await pool.query('truncate call_history, call_legs, mightycall_extensions, mightycall_reports')
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}
