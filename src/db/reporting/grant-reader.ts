import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type pg from 'pg'
import { DatabaseError } from '../../errors.js'
import { sqlStateOf } from '../../lib/sqlstate.js'
import { inTransaction, type Tx } from '../transaction.js'
import { REPORTING_SCHEMA } from './create-views.js'

export interface GrantReaderOptions {
  /** A name that needs no quotes in SQL. */
  role: string
  /** Replaces the password of a role that exists. */
  newPassword: boolean
}

const INSUFFICIENT_PRIVILEGE = '42501'

/**
 * Lets a role read the views of the schema `reporting`, and nothing else of this database. Creates the role when it
 * does not exist. Idempotent.
 *
 * @returns the password, when one was made
 * @throws DatabaseError  the role may do more than read the views, or the user of the service may not create roles
 */
export async function grantReader(
  pool: pg.Pool,
  { role, newPassword }: GrantReaderOptions
): Promise<{ created: boolean; password: string | null }> {
  return inTransaction(pool, async tx => {
    const created = !(await exists(tx, role))
    if (!created) await refuseIfPrivileged(tx, role)
    const password = created || newPassword ? randomBytes(24).toString('base64url') : null
    if (password !== null) await setPassword(tx, role, { created, password })
    await grant(tx, role)
    return { created, password }
  }).catch((err: unknown) => {
    if (sqlStateOf(err) !== INSUFFICIENT_PRIVILEGE) throw err
    throw new DatabaseError(
      'the user of the service may not create or change roles: have an administrator run ' +
        `"create role ${role} login", with a password, and run this command again without --new-password (42501)`
    )
  })
}

async function exists(tx: Tx, role: string): Promise<boolean> {
  return (await tx.query('select from pg_roles where rolname = $1', [role])).rowCount === 1
}

/** Roles that may do more than read, by their attributes, a membership, or privileges on tables of the service. */
const PRIVILEGED = `select from pg_roles r where r.rolname = $1 and (
    r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls
    or exists (select from pg_auth_members m where m.member = r.oid)
    or exists (select from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
      and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate')))`

async function refuseIfPrivileged(tx: Tx, role: string): Promise<void> {
  if ((await tx.query(PRIVILEGED, [role])).rowCount === 0) return
  throw new DatabaseError(`the role ${role} exists and may do more than read the views: name another one with --role`)
}

/** A new role gets defaults that suit a reader; it can change them for its session, but not its privileges. */
async function setPassword(
  tx: Tx,
  role: string,
  { created, password }: { created: boolean; password: string }
): Promise<void> {
  const verifier = scramVerifier(password)
  if (!created) {
    await tx.query(`alter role ${role} password '${verifier}'`)
    return
  }
  await tx.query(`create role ${role} login password '${verifier}'`)
  await tx.query(`alter role ${role} set search_path = ${REPORTING_SCHEMA}`)
  await tx.query(`alter role ${role} set default_transaction_read_only = on`)
}

/** Views that are created again later are readable as well. */
async function grant(tx: Tx, role: string): Promise<void> {
  const {
    rows: [row]
  } = await tx.query<{ name: string }>('select quote_ident(current_database()) as name')
  await tx.query(`grant connect on database ${row?.name} to ${role}`)
  await tx.query(`grant usage on schema ${REPORTING_SCHEMA} to ${role}`)
  await tx.query(`grant select on all tables in schema ${REPORTING_SCHEMA} to ${role}`)
  await tx.query(`alter default privileges in schema ${REPORTING_SCHEMA} grant select on tables to ${role}`)
}

const ITERATIONS = 4096

/** What Postgres stores of a password (RFC 5803), so that the password itself is in no statement and no server log. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  const serverKey = hmac('Server Key').toString('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}
