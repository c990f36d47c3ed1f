import type { Test } from 'tap'
import { openLocalLog } from '../../src/event-log/local/local-log.js'
import type { Event } from '../../src/events/event.js'
import { encodeEvent } from '../../src/events/record.js'
import { startProjector } from '../../src/project/projector.js'
import { freshDatabase } from './database.js'
import { eventually } from './eventually.js'
import { history } from './history.js'
import { createLineLogger } from './line-logger.js'
import { SETTINGS } from './settings.js'

const CALL = 'IncomingCall > IncomingCallRinging(101) > IncomingCallConnected(101) > IncomingCallCompleted'
export const answeredCall = (id: string) => history(CALL, { id })
export const unclassifiedEvent = (id: string): Event => ({
  id: `00000000-0000-4000-8000-${id.padStart(12, '0')}`,
  type: 'unclassified',
  account: 'default',
  source: 'webhook',
  reason: 'unknown-type',
  eventType: null,
  raw: {},
  occurredAt: '2026-11-23T08:00:00.000Z',
  receivedAt: '2026-11-23T08:00:00.000Z'
})

/** Sets up a database and projectors over local logs. `alarms` collects the names of the alarms that they raise. */
export async function setUpInstallation(t: Test) {
  const { pool } = await freshDatabase(t)
  const alarms: string[] = []
  const logger = createLineLogger('error', line => alarms.push((JSON.parse(line) as { reason: string }).reason))
  const options = { pool, group: 'g', now: () => new Date(), settings: SETTINGS, logger, onProjected: () => {} }
  const count = async (sql: string) =>
    Number((await pool.query<{ count: string }>(`select count(*) from ${sql}`)).rows[0]?.count)
  const holes = async () =>
    (await pool.query<{ reason: string }>('select reason from holes order by id')).rows.map(row => row.reason)

  /** Appends the events to the log in the folder and projects the whole log. */
  async function run(dir: string, events: readonly Event[], expectedEvents: number): Promise<void> {
    const log = await openLocalLog({ dir })
    await log.append(events.map(encodeEvent))
    const projector = await startProjector({ ...options, log })
    await eventually('all events are projected', async () => (await count('events')) === expectedEvents)
    await projector.close()
    await log.close()
  }
  return { pool, options, alarms, count, holes, run }
}
