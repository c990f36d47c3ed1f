import { createHash } from 'node:crypto'
import type pg from 'pg'
import { sqlStateOf } from '../../lib/sqlstate.js'
import { REPORTING_VIEWS, type ReportingView } from './views.js'

/** The schema of the views. Its comment ends with the hash of their definitions. */
export const REPORTING_SCHEMA = 'reporting'

/** Postgres replaces a view only by one that has the same columns and perhaps more at the end. */
const OTHER_COLUMNS = '42P16'

type Connection = Pick<pg.ClientBase, 'query'>

/**
 * Creates the views of the schema `reporting` that are missing or differ from their definitions. Existing views are
 * replaced, which keeps their privileges and what other programs have built on them, as long as they only get columns.
 *
 * The views are not part of the migrations: a migration that changes a column of a table which a view reads drops the
 * view first, and it is created again here.
 */
export async function createReportingViews(connection: Connection): Promise<void> {
  const hash = hashOf(REPORTING_VIEWS)
  if (await isUpToDate(connection, hash)) return
  await connection.query('begin')
  try {
    await connection.query(`create schema if not exists ${REPORTING_SCHEMA}`)
    for (const view of REPORTING_VIEWS) await createView(connection, view)
    await connection.query(`comment on schema ${REPORTING_SCHEMA} is ${literal(`${SCHEMA_COMMENT} ${hash}`)}`)
    await connection.query('commit')
  } catch (err) {
    await connection.query('rollback')
    throw err
  }
}

const SCHEMA_COMMENT = 'The public interface of this database: see docs/database.md of mightycall-stream. Version'

const STATE = `select obj_description(to_regnamespace('${REPORTING_SCHEMA}'), 'pg_namespace') as comment,
  (select count(*)::int from pg_class where relnamespace = to_regnamespace('${REPORTING_SCHEMA}')
    and relkind = 'v' and relname = any($1)) as views`

async function isUpToDate(connection: Connection, hash: string): Promise<boolean> {
  const {
    rows: [state]
  } = await connection.query<{ comment: string | null; views: number }>(STATE, [
    REPORTING_VIEWS.map(({ name }) => name)
  ])
  return state?.views === REPORTING_VIEWS.length && (state.comment?.endsWith(hash) ?? false)
}

async function createView(connection: Connection, view: ReportingView): Promise<void> {
  const name = `${REPORTING_SCHEMA}.${view.name}`
  const columns = view.columns.map(([column, , expression]) => `${expression} as "${column}"`).join(', ')
  const create = `create or replace view ${name} as select ${columns} from ${view.from}`
  await connection.query('savepoint view')
  await connection.query(create).catch(async err => {
    if (sqlStateOf(err) !== OTHER_COLUMNS) throw err
    await connection.query('rollback to savepoint view')
    await connection.query(`drop view ${name}`)
    await connection.query(create)
  })
  const comments = [
    `comment on view ${name} is ${literal(view.comment)}`,
    ...view.columns.map(([column, , , comment]) => `comment on column ${name}."${column}" is ${literal(comment)}`)
  ]
  await connection.query(comments.join('; '))
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function hashOf(views: readonly ReportingView[]): string {
  return createHash('sha256').update(JSON.stringify(views)).digest('hex').slice(0, 12)
}
