import { bulkValues, columnList, columnsExcept, columnsOf, parameter, unnestSql } from '../../db/bulk-sql.js'
import { eventKeyOf } from '../../db/event-columns.js'
import { events as table } from '../../db/schema/events.js'
import { isolatePoison, type Refused, type Tx } from '../../db/transaction.js'
import { type Entity, type Event, entityOf } from '../../events/event.js'
import { distinctEntities, entityKey } from '../stored-events.js'
import { notStored } from './count-drift.js'
import { lockEntities } from './entities.js'

const plainColumns = columnsExcept(table, 'raw')
/** Raw bytes are passed as text: pg would transfer them as hex, twice as long. */
const columns = [...plainColumns, parameter('raw', 'text')]

const parameterRow = (event: Event) => ({
  ...eventKeyOf(event),
  type: event.type,
  source: event.source,
  occurredAt: event.occurredAt,
  receivedAt: event.receivedAt,
  fields: fieldsOf(event),
  raw: event.rawEncoding ? event.raw : JSON.stringify(event.raw),
  rawIsJson: event.rawEncoding === undefined
})

/** Of duplicates the one received first is stored, whichever is projected first. */
const INSERT = `insert into events (${columnList(columns)})
  select ${columnList(plainColumns)},
    case when raw_is_json then convert_to(raw, 'UTF8') else decode(raw, 'base64') end
  from ${unnestSql(columns)} order by account, kind, entity, id
  on conflict (account, kind, entity, id) do update set
    type = excluded.type, source = excluded.source,
    occurred_at = excluded.occurred_at, received_at = excluded.received_at,
    fields = excluded.fields, raw = excluded.raw, raw_is_json = excluded.raw_is_json
  where excluded.received_at < events.received_at`

export interface StoredEvents<T> {
  entities: Entity[]
  refused: Refused<T>[]
  /** The watched events that were not stored before. */
  fresh: Event[]
}

/**
 * Stores events under the locks of their entities, and returns those that the database rejects because of their
 * content.
 * @param isWatched  selects the few events for which it matters whether they were stored before, which costs a lookup
 */
export async function storeEvents<T extends { event: Event }>(
  tx: Tx,
  items: readonly T[],
  isWatched: (event: Event) => boolean = () => false
): Promise<StoredEvents<T>> {
  const distinct = withoutDuplicates(items)
  const fresh = new Set<Event>() // a retry of a half finds the same ones, since the failed attempt is rolled back
  let written = 0
  const refused = await isolatePoison(tx, distinct, async some => {
    const events = some.map(item => item.event)
    await lockEntities(tx, distinctEntities(events.map(entityOf)))
    for (const event of await notStored(tx, events.filter(isWatched))) fresh.add(event)
    written += (await tx.query(INSERT, bulkValues(columns, events.map(parameterRow)))).rowCount ?? 0
  })
  const rejected = new Set(refused.map(({ item }) => item))
  // The others were stored before, or are in the batch twice.
  if (written + rejected.size < items.length) {
    const events = items.map(item => item.event)
    await recordDuplicates(tx, events)
  }
  for (const { event } of rejected) fresh.delete(event)
  return {
    entities: distinctEntities(distinct.filter(item => !rejected.has(item)).map(item => entityOf(item.event))),
    refused,
    fresh: [...fresh]
  }
}

/** Of several duplicates the one received first: one statement cannot write a row twice. */
function withoutDuplicates<T extends { event: Event }>(items: readonly T[]): T[] {
  const first = new Map<string, T>()
  for (const item of items) {
    const key = `${entityKey(entityOf(item.event))}\n${item.event.id}`
    const known = first.get(key)
    if (!known || item.event.receivedAt < known.event.receivedAt) first.set(key, item)
  }
  return [...first.values()]
}

/** The normalized fields that have no column of their own. */
export function fieldsOf(event: Event): object {
  const { id, type, account, source, occurredAt, receivedAt, raw, rawEncoding, ...fields } = event
  return fields
}

const duplicateColumns = columnsOf(table, 'account', 'kind', 'entity', 'id', 'receivedAt')

/**
 * A record that the log delivers again was received at the same time as the stored event. A notification that
 * MightyCall posts again was received later.
 */
const RECORD = `insert into event_copies (account, id, received_at)
  select distinct u.account, u.id, u.received_at
  from ${unnestSql(duplicateColumns)} join events e using (account, kind, entity, id)
  where e.source = 'webhook' and e.received_at < u.received_at order by 1, 2, 3
  on conflict do nothing`

/**
 * Records the notifications among these events that MightyCall has posted again, each duplicate once, however often it
 * is projected. Called after the events are stored, and only when some were stored before. These duplicates are for
 * statistics only: one that is projected before the first notification is not recorded, nor is one that the database
 * rejects.
 */
async function recordDuplicates(tx: Tx, events: readonly Event[]): Promise<void> {
  await isolatePoison(tx, events, async some => {
    const rows = some.map(event => ({ ...eventKeyOf(event), receivedAt: event.receivedAt }))
    await tx.query(RECORD, bulkValues(duplicateColumns, rows))
  })
}
