import type pg from 'pg'
import type { AccountSettings } from '../../accounts/accounts.js'
import { inTransaction, type Tx } from '../../db/transaction.js'
import { type Aggregates, createAggregates } from '../batch/aggregates.js'
import { countDrift, driftsOf } from '../batch/count-drift.js'
import { refusalOf } from '../batch/dead-letters.js'
import { decodeByTodaysParser } from '../batch/decode.js'
import { type FailedEntity, foldEntities } from '../batch/fold-entities.js'
import { storeEvents } from '../batch/store-events.js'
import { findLetter, type Letter, type LetterState, noteAction } from './discard.js'

export interface RedriveOptions {
  pool: pg.Pool
  settings: AccountSettings
  now: Date
  /** Who wants it. */
  by: string
  /** Try it, and take all of it back. */
  dryRun?: boolean
}

export interface Redriven {
  state: LetterState
  /** False: it had been redriven before, and nothing was done. */
  changed: boolean
  /** Why it is still not projected; null: it is. */
  refusal: { code: string; reason: string } | null
  /** Its event is stored, but its row could not be folded. */
  failures: FailedEntity[]
}

interface Projected {
  refusal: Redriven['refusal']
  failures: FailedEntity[]
  /** The few rows that many entities add to, to be written last. */
  finish: () => Promise<void>
}

/**
 * Projects a dead letter by today's code, in one transaction with the locks of a batch in their order: the entity, its
 * events and rows,
 * the letter, and last what many entities add to. The same event is stored once, so that it may be done again.
 * A letter that is refused again stays as it is, with the new reason; one that was discarded may be redriven.
 *
 * @throws NotFoundError  there is no such letter
 * @throws whatever is no fault of the record; nothing is changed then
 */
export async function redrive(
  id: string,
  { pool, settings, now, by, dryRun = false }: RedriveOptions
): Promise<Redriven> {
  return inTransaction(pool, async tx => {
    const letter = await findLetter(tx, id) // without its lock: a batch takes that after those of entities
    if (letter.state === 'redriven') return UNCHANGED
    await tx.query('savepoint as_it_was')
    const { refusal, failures, finish } = await project(tx, letter, settings)
    const isFirst = await noteOutcome(tx, id, { account: letter.account, refusal, now, by })
    await finish()
    if (dryRun) await tx.query('rollback to savepoint as_it_was')
    if (!isFirst) return UNCHANGED // another has done it meanwhile
    return { state: refusal ? letter.state : 'redriven', changed: true, refusal, failures }
  })
}

const UNCHANGED: Redriven = { state: 'redriven', changed: false, refusal: null, failures: [] }

async function project(tx: Tx, letter: Letter, settings: AccountSettings): Promise<Projected> {
  const event = decode(letter, settings)
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
      await countDrift(tx, fresh, drifts)
      await aggregates.write(tx)
    }
  }
}

function decode(letter: Letter, settings: AccountSettings) {
  try {
    return decodeByTodaysParser(letter, settings)
  } catch (err) {
    return err as Error // decodeRecord throws nothing else
  }
}

const refused = (err: Error): Projected => ({ refusal: refusalOf(err), failures: [], finish: async () => {} })

/** False: the letter has been redriven meanwhile. */
async function noteOutcome(
  tx: Tx,
  id: string,
  {
    account,
    refusal,
    now,
    by
  }: Pick<RedriveOptions, 'now' | 'by'> & Pick<Redriven, 'refusal'> & Pick<Letter, 'account'>
): Promise<boolean> {
  const { rowCount } = refusal
    ? await tx.query("update dead_letters set code = $2, reason = $3 where id = $1 and state <> 'redriven'", [
        id,
        refusal.code,
        refusal.reason
      ])
    : await tx.query("update dead_letters set state = 'redriven' where id = $1 and state <> 'redriven'", [id])
  if (rowCount === 0) return false
  await noteAction(tx, {
    letterId: id,
    account,
    action: refusal ? 'refused' : 'redriven',
    by,
    code: refusal?.code ?? null,
    reason: refusal?.reason ?? null,
    at: now
  })
  return true
}
