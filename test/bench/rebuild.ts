import type pg from 'pg'
import { rebuild as rebuildAll } from '../../src/project/rebuild/rebuild.js'
import { SETTINGS } from '../support/settings.js'
import type { Bench } from './context.js'
import { openDatabase } from './project/database.js'
import { storeCalls } from './rebuild/events.js'
import { readAndWrite } from './rebuild/read-and-write.js'

const EVENTS = 1_000_000

/** Measures events per second of a rebuild: with missing rows, with correct rows, and without a fold. */
export const rebuild: Bench = async context => {
  const { print, progress } = context
  progress('starting Postgres')
  const { pool } = await openDatabase(context)
  const events = await storeCalls(pool, EVENTS, stored => progress(`storing events, ${stored} of ${EVENTS}`))
  await pool.query('vacuum analyze')
  const rate = async (name: string, work: () => Promise<number>) => {
    progress(name)
    await pool.query('checkpoint') // otherwise it would run during a measurement
    const value = (events / (await work())) * 1000
    print({ name: `rebuild_${name}`, value, unit: 'events/s' })
    return value
  }
  const plain = await rate('plain', () => readAndWrite(pool))
  await empty(pool)
  const missing = await rate('of_nothing', () => timed(() => runRebuild(pool, { differences: 'some' })))
  await rate('of_right_rows', () => timed(() => runRebuild(pool, { differences: 'none' })))
  print({ name: 'rebuild_to_plain', value: missing / plain, unit: 'x', goal: { atLeast: 0.3 } })
}

async function runRebuild(pool: pg.Pool, { differences }: { differences: 'some' | 'none' }): Promise<void> {
  const result = await rebuildAll({ pool, settings: SETTINGS, now: () => new Date(), dryRun: false })
  if (!result.finished || result.failures.length > 0 || result.differences > 0 !== (differences === 'some'))
    throw new Error(`the rebuild found ${result.differences} differences and ${result.failures.length} failures`)
}

async function empty(pool: pg.Pool): Promise<void> {
  await pool.query('truncate call_history, call_legs, mightycall_extensions, mightycall_reports')
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
