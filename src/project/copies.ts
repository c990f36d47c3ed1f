import { arraysOf, type Columns, unnest } from '../db/bulk-sql.js'
import { isolatePoison, type Tx } from '../db/transaction.js'
import type { Event } from '../events/event.js'
import { eventKeyColumns } from './entity-key.js'

const columns: Columns<Event> = {
  ...eventKeyColumns,
  received_at: { type: 'timestamptz', of: event => event.receivedAt }
}

/** A record that the log delivers again was received when the stored one was; a notification that MightyCall posts again was not. */
const RECORD = `insert into event_copies (account, id, received_at)
  select distinct u.account, u.id, u.received_at from ${unnest(columns)} join events e using (account, kind, entity, id)
  where e.source = 'webhook' and e.received_at < u.received_at order by 1, 2, 3
  on conflict do nothing`

/**
 * Notes which of these are second copies of notifications, since equal ones are one event: each once, however often it is projected.
 * Asked after they are stored, and only when some were stored before. A copy that is projected before the one received first is not noted,
 * nor is one that the database refuses: no batch is held up for a statistic.
 */
export async function recordCopies (tx: Tx, events: readonly Event[]): Promise<void> {
  await isolatePoison(tx, events, async some => { await tx.query(RECORD, arraysOf(columns, some)) })
}
