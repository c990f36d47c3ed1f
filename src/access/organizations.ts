import { randomUUID } from 'node:crypto'
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { numberOwnerships, organizations } from '../db/schema/access.js'
import { inTransaction } from '../db/transaction.js'
import { InvalidParameterError, NotFoundError } from '../errors.js'
import { cleanName } from '../events/text.js'
import { audit } from './audit-log.js'
import { ofAccount, ofOrganization } from './row-visibility.js'
import type { Viewer } from './viewer.js'

export interface Organization {
  id: string
  account: string
  name: string
  createdAt: Date
}

export interface Ownership {
  /** E.164 */
  number: string
  from: Date
  /** `null` while the ownership lasts. */
  until: Date | null
}

interface OrganizationFilter {
  accounts?: readonly string[] | undefined
  /** Only the organization with this id. */
  id?: string | undefined
}

export interface Organizations {
  /** Lists organizations, ordered by account and name. */
  list: (
    viewer: Viewer,
    filter: OrganizationFilter,
    page: { place: readonly string[] | null; limit: number }
  ) => Promise<Organization[]>
  /** @throws NotFoundError  it does not exist, or the viewer may not see it */
  find: (viewer: Viewer, id: string) => Promise<Organization>
  /** Lists the ownerships by number, the latest span of each number first. */
  numbersOf: (organization: Organization) => Promise<Ownership[]>
  /**
   * @param wanted.account          the account of the creator by default
   * @throws InvalidParameterError  the creator has several accounts, and none is given
   * @throws NotFoundError          the account is not configured, or the creator may not see it
   */
  create: (creator: Viewer, wanted: { account?: string | undefined; name: string }) => Promise<Organization>
  /** @throws NotFoundError */
  rename: (viewer: Viewer, id: string, name: string) => Promise<Organization>
}

export interface OrganizationsOptions {
  pool: pg.Pool
  now: () => Date
  /** The configured accounts. */
  accountIds: () => readonly string[]
}

export function createOrganizations({ pool, now, accountIds }: OrganizationsOptions): Organizations {
  const db = drizzle(pool)
  const { id, account, name } = organizations
  const list: Organizations['list'] = async (viewer, { accounts, id: only }, { place, limit }) =>
    db
      .select()
      .from(organizations)
      .where(
        and(
          ofAccount(viewer, account),
          ofOrganization(viewer, id),
          accounts && inArray(account, [...accounts]),
          only === undefined ? undefined : eq(id, only),
          place ? afterPosition(place) : undefined
        )
      )
      .orderBy(account, name, id)
      .limit(limit)
  const find: Organizations['find'] = async (viewer, id) => {
    const [found] = await list(viewer, { id }, { place: null, limit: 1 })
    if (!found) throw new NotFoundError('organization')
    return found
  }
  return {
    list,
    find,
    numbersOf: async ({ id }) =>
      db
        .select({
          number: numberOwnerships.number,
          from: numberOwnerships.ownedFrom,
          until: numberOwnerships.ownedUntil
        })
        .from(numberOwnerships)
        .where(eq(numberOwnerships.organization, id))
        .orderBy(sql`number, owned_from desc`),
    create: async (creator, wanted) => {
      const account = wanted.account ?? creator.account
      if (account === null) throw new InvalidParameterError('account must be given')
      const isVisible = creator.account === null || creator.account === account
      if (!isVisible || !accountIds().includes(account)) throw new NotFoundError('account')
      const made: Organization = { id: randomUUID(), account, name: parseName('name', wanted.name), createdAt: now() }
      return inTransaction(pool, async tx => {
        await tx.query('insert into organizations (id, account, name, created_at) values ($1, $2, $3, $4)', [
          made.id,
          account,
          made.name,
          made.createdAt
        ])
        await audit(tx, {
          at: made.createdAt,
          actor: creator.actor,
          action: 'organization.created',
          account,
          subject: made.id
        })
        return made
      })
    },
    rename: async (viewer, id, text) => {
      const found = await find(viewer, id)
      const name = parseName('name', text)
      return inTransaction(pool, async tx => {
        await tx.query('update organizations set name = $2 where id = $1', [id, name])
        await audit(tx, {
          at: now(),
          actor: viewer.actor,
          action: 'organization.renamed',
          account: found.account,
          subject: id
        })
        return { ...found, name }
      })
    }
  }
}

function afterPosition([account, name, id]: readonly string[]): SQL {
  return sql`(account, name, id) > (${account}, ${name}, ${id}::uuid)`
}

/** Normalizes a name from outside. @throws InvalidParameterError  it is empty then */
export function parseName(field: string, text: string): string {
  const name = cleanName(text)
  if (name === null) throw new InvalidParameterError(`${field} must not be empty`)
  return name
}
