import type { Tx } from '../db/transaction.js'
import type { KeptTable } from './tables.js'

/** Of the text of one page; a row may be some megabytes. */
const PAGE_CHARACTERS = 4_000_000
const FIRST_PAGE = 16
const LARGEST_PAGE = 1000

/**
 * The rows of a table in the order of its key, as lines of a backup, in pages. A cursor reads them within the transaction; a page
 * has so many rows as fit, when the widest row so far is taken for all.
 */
export async function * rowLines (tx: Tx, { name, columns, key }: KeptTable): AsyncGenerator<string[]> {
  await tx.query(`declare rows_of_backup no scroll cursor for
    select '{"${name}":' || row_to_json(t)::text || '}' as line from (select ${columns.join(', ')} from ${name} order by ${key.join(', ')}) t`)
  let widest = PAGE_CHARACTERS / FIRST_PAGE
  for (let rows = FIRST_PAGE; ;) {
    const page = await tx.query<{ line: string }>(`fetch ${rows} from rows_of_backup`)
    if (page.rows.length === 0) break
    yield page.rows.map(({ line }) => line)
    widest = Math.max(...page.rows.map(({ line }) => line.length), widest / 2) // a rare one is forgotten in time
    rows = Math.max(1, Math.min(LARGEST_PAGE, Math.floor(PAGE_CHARACTERS / widest)))
  }
  await tx.query('close rows_of_backup')
}
