import { isObject } from '../../lib/json.js'
import type { RestResponse } from '../../mightycall/rest/read-response.js'
import type { InputOf, Route } from '../../mightycall/rest/route.js'
import type { AccountContext, Page } from '../route-reader.js'
import type { SourceRow } from './row.js'

/** The maximum, since requests are limited. */
const PAGE_SIZE = 1000

/** How many rows to ask for at once. */
export function pageSizeOf({ pageSize }: AccountContext, usual = PAGE_SIZE): number {
  return pageSize ?? usual
}

export type Answered<R extends Route> = RestResponse<R> & { at: Date }

/**
 * Sends a request as the user of an extension, by default the first one with a user key, for what belongs to the whole
 * account. What a user without the role of a manager can see of it is not documented.
 */
export async function sendRequest<R extends Route>(
  { account, clientOf, permitClass, now }: AccountContext,
  route: R,
  input: InputOf<R>,
  extension = firstExtension(account)
): Promise<Answered<R>> {
  const answered = await clientOf(extension).send(route, input, permitClass)
  return { ...answered, at: now() }
}

export type RowWithSource<Row> = readonly [Row, SourceRow]

/** A list of a response. */
export interface ListedRows<Row> {
  /** The readable rows, each with its source. */
  rows: RowWithSource<Row>[]
  /** The keys of all rows in their order; unreadable rows have their place in the list too. */
  ids: string[]
  /** The keys of the unreadable rows. */
  unreadable: ReadonlySet<string>
}

interface ListOptions<Row> {
  list: string
  idOf: (row: Row) => string
}

export function readList<Row>(
  rows: readonly Row[],
  { list, idOf }: ListOptions<Row>,
  { raw, at, unreadableRows }: Pick<Answered<Route>, 'raw' | 'at' | 'unreadableRows'>,
  { account }: AccountContext
): ListedRows<Row> {
  const rawRows = isObject(raw) && Array.isArray(raw[list]) ? (raw[list] as unknown[]) : []
  const result: ListedRows<Row> = {
    rows: [],
    ids: [],
    unreadable: new Set(rawRows.filter((_, i) => unreadableRows[list]?.has(i)).map(keyOf))
  }
  const readable = rows.values()
  for (const [i, raw] of rawRows.entries()) {
    const row = unreadableRows[list]?.has(i) ? undefined : readable.next().value
    if (row !== undefined) result.rows.push([row, { account, at, raw }])
    result.ids.push(row === undefined ? keyOf(raw) : idOf(row))
  }
  return result
}

/** An unreadable row is identified by its content, since its id may be what cannot be read. */
function keyOf(raw: unknown): string {
  try {
    return `unread ${JSON.stringify(raw)}`
  } catch {
    return 'unread' // nested too deeply
  }
}

/** The only page of a response that is not a list. */
export function onePage(facts: Page['facts'], rows: number, unreadable = 0): Page {
  return { facts, unlinked: [], rows, unreadable }
}

/** /calls and /voicemails take whole seconds only; rounding up includes the rows of the last second. */
export function roundUpToSecond(until: Date): Date {
  return new Date(Math.ceil(until.getTime() / 1000) * 1000)
}

function firstExtension({ userKeys }: AccountContext['account']): string {
  return Object.keys(userKeys)[0] ?? '' // without a user key the request fails with a clear error
}
