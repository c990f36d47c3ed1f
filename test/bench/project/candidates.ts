import type pg from 'pg'
import { pino } from 'pino'
import { inTransaction } from '../../../src/db/transaction.js'
import type { Batch, EventLog } from '../../../src/event-log/port.js'
import { entityOf } from '../../../src/events/event.js'
import { decodeRecord } from '../../../src/events/record.js'
import { projectBatch } from '../../../src/project/batch/project-batch.js'
import { startProjector } from '../../../src/project/projector.js'
import { SETTINGS } from '../../support/settings.js'

export interface Work {
  log: EventLog
  pool: pg.Pool
  /** `run` resolves when this number of events is committed. */
  count: number
}

export interface Candidate {
  name: string
  /** A slow candidate gets fewer events, because only the rate is compared. */
  isSlow: boolean
  run: (work: Work) => Promise<void>
}

const GROUP = 'bench'

/** `batches` is the real projector. */
export const CANDIDATES: readonly Candidate[] = [
  { name: 'batches', isSlow: false, run: projectInBatches },
  { name: 'insert', isSlow: false, run: insertOnly },
  { name: 'single', isSlow: true, run: projectOneByOne }
]

async function projectInBatches({ log, pool, count }: Work): Promise<void> {
  const done = countdown(count)
  const logger = pino({ level: 'silent' })
  const projector = await startProjector({
    log,
    pool,
    group: GROUP,
    now: () => new Date(),
    settings: SETTINGS,
    logger,
    onProjected: ({ records, failures, deadLetters }) => done.add(records, failures.length + deadLetters.length)
  })
  await done.reached
  await projector.close()
}

/** Stores the same events in the same batches without folding them. */
async function insertOnly({ log, pool, count }: Work): Promise<void> {
  await consume(log, count, async ({ records }) => {
    const events = records.map(decodeRecord)
    const columns = [
      events.map(event => event.account),
      events.map(event => entityOf(event).kind),
      events.map(event => entityOf(event).entity),
      events.map(event => event.id),
      events.map(event => event.type),
      events.map(event => event.source),
      events.map(event => event.occurredAt),
      events.map(event => event.receivedAt),
      events.map(({ raw, ...fields }) => JSON.stringify(fields)),
      events.map(event => JSON.stringify(event.raw))
    ]
    await inTransaction(pool, tx => tx.query(INSERT, columns))
    return records.length
  })
}

const INSERT = `
  insert into events
    (account, kind, entity, id, type, source, occurred_at, received_at, fields, raw, raw_is_json)
  select account, kind, entity, id, type, source, occurred_at, received_at, fields, convert_to(raw, 'UTF8'), true
  from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[],
    $8::timestamptz[], $9::jsonb[], $10::text[])
    as u (account, kind, entity, id, type, source, occurred_at, received_at, fields, raw)`

/** Runs the same projection with one transaction for each event. */
async function projectOneByOne({ log, pool, count }: Work): Promise<void> {
  const logId = await log.id()
  await consume(log, count, async ({ topic, partition, records }, left) => {
    const some = records.slice(0, left)
    for (const record of some)
      await projectBatch(pool, { logId, group: GROUP, topic, partition }, [record], {
        now: new Date(),
        settings: SETTINGS
      })
    return some.length
  })
}

/** Reads the log until the handler has returned the given number of records in total. */
async function consume(
  log: EventLog,
  count: number,
  handle: (batch: Batch, left: number) => Promise<number>
): Promise<void> {
  const done = countdown(count)
  const subscription = await log.subscribe({
    group: GROUP,
    topics: ['calls'],
    startAt: async () => 'first',
    handle: async batch => {
      if (done.left() > 0) done.add(await handle(batch, done.left()), 0)
    }
  })
  await done.reached
  await subscription.close()
}

function countdown(count: number) {
  let left = count
  let resolve = () => {}
  let reject = (_err: Error) => {}
  const reached = new Promise<void>((...both) => {
    ;[resolve, reject] = both
  })
  return {
    reached,
    left: () => left,
    add: (records: number, failures: number) => {
      left -= records
      if (failures > 0) reject(new Error(`${failures} records or entities failed`))
      if (left <= 0) resolve()
    }
  }
}
