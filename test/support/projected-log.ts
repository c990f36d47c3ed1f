import type pg from 'pg'
import { pino } from 'pino'
import type { Test } from 'tap'
import { openLocalLog } from '../../src/event-log/local/local-log.js'
import { startProjector } from '../../src/project/projector.js'
import { SETTINGS } from './settings.js'
import { tempDir } from './temp-dir.js'

/** Opens a local log and starts a projector that projects it into the database. */
export async function openProjectedLog(t: Test, pool: pg.Pool, now: () => Date) {
  const log = await openLocalLog({ dir: tempDir(t) })
  t.teardown(() => log.close())
  const projector = await startProjector({
    log,
    pool,
    group: 'g',
    now,
    settings: SETTINGS,
    logger: pino({ level: 'silent' }),
    onProjected: () => {}
  })
  t.teardown(() => projector.close())
  return log
}
