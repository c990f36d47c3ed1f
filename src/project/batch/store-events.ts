import { arraysOf, type Columns, unnest } from '../../db/bulk-sql.js'
import { eventKeyColumns } from '../../db/event-columns.js'
import { isolatePoison, type Refused, type Tx } from '../../db/transaction.js'
import { type Entity, type Event, entityOf } from '../../events/event.js'
import { distinctEntities, entityKey } from '../stored-events.js'
import { notStored } from './count-drift.js'
import { lockEntities } from './entities.js'

const columns: Columns<Event> = {
  ...eventKeyColumns,
  type: { type: 'text', of: event => event.type },
  source: { type: 'text', of: event => event.source },
  occurred_at: { type: 'timestamptz', of: event => event.occurredAt },
  received_at: { type: 'timestamptz', of: event => event.receivedAt },
  fields: { type: 'jsonb', of: fieldsOf },
  raw: { type: 'text', of: event => (event.rawEncoding ? event.raw : JSON.stringify(event.raw)) },
  raw_is_json: { type: 'bool', of: event => event.rawEncoding === undefined }
}

/**
 * The copy received first is the event, whichever is projected first. Bytes travel as text: pg would write them as hex,
 * twice as long.
 */
const INSERT = `insert into events (${Object.keys(columns).join(', ')})
  select account, kind, entity, id, type, source, occurred_at, received_at, fields,
    case when raw_is_json then convert_to(raw, 'UTF8') else decode(raw, 'base64') end, raw_is_json
  from ${unnest(columns)} order by account, kind, entity, id
  on conflict (account, kind, entity, id) do update set
    type = excluded.type, source = excluded.source, occurred_at = excluded.occurred_at, received_at = excluded.received_at,
    fields = excluded.fields, raw = excluded.raw, raw_is_json = excluded.raw_is_json
  where excluded.received_at < events.received_at`

export interface Stored<T> {
  entities: Entity[]
  refused: Refused<T>[]
  /** Of the watched events, those that were not stored before. */
  fresh: Event[]
}

/**
 * Stores the events under the locks of their entities, and says which the database refuses for what they hold.
 * @param isWatched  for the few of which it matters whether they were stored before: it costs a look-up
 */
export async function storeEvents<T extends { event: Event }>(
  tx: Tx,
  items: readonly T[],
  isWatched: (event: Event) => boolean = () => false
): Promise<Stored<T>> {
  const copies = firstCopies(items)
  const fresh = new Set<Event>() // a retry of a half finds the same ones: what was done before it is undone
  let written = 0
  const refused = await isolatePoison(tx, copies, async some => {
    const events = some.map(item => item.event)
    await lockEntities(tx, distinctEntities(events.map(entityOf)))
    for (const event of await notStored(tx, events.filter(isWatched))) fresh.add(event)
    written += (await tx.query(INSERT, arraysOf(columns, events))).rowCount ?? 0
  })
  const guilty = new Set(refused.map(({ item }) => item))
  if (written + guilty.size < items.length)
    await recordCopies(
      tx,
      items.map(item => item.event)
    ) // the rest was stored before, or twice in the batch
  for (const { event } of guilty) fresh.delete(event)
  return {
    entities: distinctEntities(copies.filter(item => !guilty.has(item)).map(item => entityOf(item.event))),
    refused,
    fresh: [...fresh]
  }
}

/** One statement cannot touch a row twice, so of several copies in a batch the first received goes. */
function firstCopies<T extends { event: Event }>(items: readonly T[]): T[] {
  const first = new Map<string, T>()
  for (const item of items) {
    const key = `${entityKey(entityOf(item.event))}\n${item.event.id}`
    const known = first.get(key)
    if (!known || item.event.receivedAt < known.event.receivedAt) first.set(key, item)
  }
  return [...first.values()]
}

/** The normalized fields that are no columns, as JSON. */
export function fieldsOf(event: Event): string {
  const { id, type, account, source, occurredAt, receivedAt, raw, rawEncoding, ...fields } = event
  return JSON.stringify(fields)
}

const copyColumns: Columns<Event> = {
  ...eventKeyColumns,
  received_at: { type: 'timestamptz', of: event => event.receivedAt }
}

/**
 * A record that the log delivers again was received when the stored one was; a notification that MightyCall posts again
 * was not.
 */
const RECORD = `insert into event_copies (account, id, received_at)
  select distinct u.account, u.id, u.received_at from ${unnest(copyColumns)} join events e using (account, kind, entity, id)
  where e.source = 'webhook' and e.received_at < u.received_at order by 1, 2, 3
  on conflict do nothing`

/**
 * Notes which of these are second copies of notifications, since equal ones are one event: each once, however often it
 * is projected.
 * Asked after they are stored, and only when some were stored before. A copy that is projected before the one received
 * first is not noted,
 * nor is one that the database refuses: no batch is held up for a statistic.
 */
export async function recordCopies(tx: Tx, events: readonly Event[]): Promise<void> {
  await isolatePoison(tx, events, async some => {
    await tx.query(RECORD, arraysOf(copyColumns, some))
  })
}
