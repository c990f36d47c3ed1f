import type pg from 'pg'
import { inTransaction, type Tx } from '../db/transaction.js'
import { InvalidParameterError, NotFoundError, NumberOwnedError } from '../errors.js'
import { toIsoOrNull } from '../lib/instant.js'
import { audit } from './audit-log.js'
import type { Organization, Ownership } from './organizations.js'

export interface Ownerships {
  /**
   * Makes the organization the owner of what begins at the number within the span.
   * @throws NumberOwnedError       an organization owns the number in a part of the span
   * @throws InvalidParameterError  the span is empty
   */
  add: (organization: Organization, span: Ownership, actor: string) => Promise<Ownership>
  /**
   * Ends the latest ownership of the number by the organization, which keeps what began within it.
   * @returns null when the ownership would end before it began: then it is deleted
   * @throws NotFoundError          the organization has never owned the number
   * @throws InvalidParameterError  the ownership ended earlier
   */
  end: (organization: Organization, number: string, until: Date, actor: string) => Promise<Ownership | null>
}

const OVERLAP = `select from number_ownerships where account = $1 and number = $2
  and (owned_until is null or owned_until > $3) and ($4::timestamptz is null or owned_from < $4) limit 1`
const LAST = `select owned_from as "from", owned_until as until from number_ownerships
  where account = $1 and number = $2 and organization = $3 order by owned_from desc limit 1`

export function createOwnerships({ pool, now }: { pool: pg.Pool; now: () => Date }): Ownerships {
  return {
    add: async ({ id, account }, { number, from, until }, actor) => {
      if (until && until <= from) throw new InvalidParameterError('until must be after from')
      return inTransaction(pool, async tx => {
        await lockNumber(tx, account, number)
        const { rowCount } = await tx.query(OVERLAP, [account, number, from, until])
        if (rowCount) throw new NumberOwnedError()
        await tx.query(
          `insert into number_ownerships (account, number, owned_from, owned_until, organization)
           values ($1, $2, $3, $4, $5)`,
          [account, number, from, until, id]
        )
        await audit(tx, {
          at: now(),
          actor,
          action: 'number.given',
          account,
          subject: number,
          details: { organization: id, from: from.toISOString(), until: toIsoOrNull(until) }
        })
        return { number, from, until }
      })
    },
    end: async ({ id, account }, number, until, actor) =>
      inTransaction(pool, async tx => {
        await lockNumber(tx, account, number)
        const {
          rows: [last]
        } = await tx.query<Omit<Ownership, 'number'>>(LAST, [account, number, id])
        if (!last) throw new NotFoundError('number of this organization')
        if (last.until && last.until < until) throw new InvalidParameterError('until must not be after the present end')
        const isDeleted = until <= last.from
        if (isDeleted)
          await tx.query('delete from number_ownerships where account = $1 and number = $2 and owned_from = $3', [
            account,
            number,
            last.from
          ])
        else
          await tx.query(
            'update number_ownerships set owned_until = $4 where account = $1 and number = $2 and owned_from = $3',
            [account, number, last.from, until]
          )
        await audit(tx, {
          at: now(),
          actor,
          action: isDeleted ? 'number.withdrawn' : 'number.ended',
          account,
          subject: number,
          details: { organization: id, from: last.from.toISOString(), until: until.toISOString() }
        })
        return isDeleted ? null : { number, from: last.from, until }
      })
  }
}

/** Serializes changes of one number, which may not have a row yet. */
async function lockNumber(tx: Tx, account: string, number: string): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('number ' || $1 || ' ' || $2, 0))", [account, number])
}
