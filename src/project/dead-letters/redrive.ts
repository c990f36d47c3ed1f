import type pg from 'pg'
import type { AccountSettings } from '../../accounts/accounts.js'
import { inTransaction, type Tx } from '../../db/transaction.js'
import { type Aggregates, createAggregates } from '../batch/aggregates.js'
import { countEventDrift, driftsOf } from '../batch/count-drift.js'
import { refusalOf } from '../batch/dead-letters.js'
import { decodeWithCurrentParser } from '../batch/decode.js'
import { type FailedEntity, foldEntities } from '../batch/fold-entities.js'
import { storeEvents } from '../batch/store-events.js'
import { type DeadLetterRow, type DeadLetterState, findDeadLetter, recordAction } from './discard.js'

export interface RedriveOptions {
  pool: pg.Pool
  settings: AccountSettings
  now: Date
  /** Who requested it. */
  by: string
  /** Project it, and roll everything back. */
  dryRun?: boolean
}

export interface RedriveResult {
  state: DeadLetterState
  /** False when it had been redriven before. */
  changed: boolean
  /** Why it still cannot be projected; null when it was projected. */
  refusal: { code: string; reason: string } | null
  /** Its entity, when the event was stored but the entity could not be folded. */
  failures: FailedEntity[]
}

interface ProjectedDeadLetter {
  refusal: RedriveResult['refusal']
  failures: FailedEntity[]
  /** Writes the rows that many entities share, which are locked last. */
  finish: () => Promise<void>
}

/**
 * Projects a dead letter with the current code, in one transaction that takes the locks of a batch in their order: the
 * entity, its events and rows, the dead letter, and last the rows that many entities share. It can be repeated, since
 * an event is stored once. A dead letter that is refused again keeps its state and gets the new reason. A discarded one
 * can be redriven.
 *
 * @throws NotFoundError  when there is no such dead letter
 * @throws when the cause is not the content of the record; nothing is changed then
 */
export async function redriveDeadLetter(
  id: string,
  { pool, settings, now, by, dryRun = false }: RedriveOptions
): Promise<RedriveResult> {
  return inTransaction(pool, async tx => {
    const deadLetter = await findDeadLetter(tx, id) // not locked yet: a batch locks entities first
    if (deadLetter.state === 'redriven') return UNCHANGED
    await tx.query('savepoint as_it_was')
    const { refusal, failures, finish } = await project(tx, deadLetter, settings)
    const isFirst = await recordResult(tx, id, { account: deadLetter.account, refusal, now, by })
    await finish()
    if (dryRun) await tx.query('rollback to savepoint as_it_was')
    if (!isFirst) return UNCHANGED // another transaction has redriven it meanwhile
    return { state: refusal ? deadLetter.state : 'redriven', changed: true, refusal, failures }
  })
}

const UNCHANGED: RedriveResult = { state: 'redriven', changed: false, refusal: null, failures: [] }

async function project(tx: Tx, deadLetter: DeadLetterRow, settings: AccountSettings): Promise<ProjectedDeadLetter> {
  const event = decode(deadLetter, settings)
  if (event instanceof Error) return refused(event)
  const drifts = driftsOf([event])
  const {
    entities,
    refused: [first],
    fresh
  } = await storeEvents(tx, [{ event }], event => drifts.has(event))
  if (first) return refused(first.err)
  const aggregates: Aggregates = createAggregates()
  const failures = await foldEntities(tx, entities, { settings, aggregates })
  return {
    refusal: null,
    failures,
    finish: async () => {
      await countEventDrift(tx, fresh, drifts)
      await aggregates.write(tx)
    }
  }
}

function decode(deadLetter: DeadLetterRow, settings: AccountSettings) {
  try {
    return decodeWithCurrentParser(deadLetter, settings)
  } catch (err) {
    return err as Error // decodeRecord throws nothing else
  }
}

const refused = (err: Error): ProjectedDeadLetter => ({ refusal: refusalOf(err), failures: [], finish: async () => {} })

/** Returns false when the dead letter has been redriven meanwhile. */
async function recordResult(
  tx: Tx,
  id: string,
  {
    account,
    refusal,
    now,
    by
  }: Pick<RedriveOptions, 'now' | 'by'> & Pick<RedriveResult, 'refusal'> & Pick<DeadLetterRow, 'account'>
): Promise<boolean> {
  const { rowCount } = refusal
    ? await tx.query("update dead_letters set code = $2, reason = $3 where id = $1 and state <> 'redriven'", [
        id,
        refusal.code,
        refusal.reason
      ])
    : await tx.query("update dead_letters set state = 'redriven' where id = $1 and state <> 'redriven'", [id])
  if (rowCount === 0) return false
  await recordAction(tx, {
    deadLetterId: id,
    account,
    action: refusal ? 'refused' : 'redriven',
    by,
    code: refusal?.code ?? null,
    reason: refusal?.reason ?? null,
    at: now
  })
  return true
}
