import { isObject } from '../../lib/json.js'
import type { RestResponse } from '../../mightycall/rest/read-response.js'
import type { InputOf, Route } from '../../mightycall/rest/route.js'
import type { AccountContext, Page } from '../route-reader.js'
import type { SourceRow } from './row.js'

/** What integrations ask for: the fewer requests the better. */
const PAGE_SIZE = 1000

/** How many rows to ask for at once. */
export function pageSizeOf({ pageSize }: AccountContext, usual = PAGE_SIZE): number {
  return pageSize ?? usual
}

export type Answered<R extends Route> = RestResponse<R> & { at: Date }

/**
 * Asks as the user of an extension; of what is the whole account's, as the first whose key we hold.
 * What a user without a manager's role sees of it is not documented.
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

/** A list as it came. */
export interface ListedRows<Row> {
  /** Those that can be read, each with what came. */
  rows: RowWithSource<Row>[]
  /** What tells each row apart, in their order: those that cannot be read have their place in the list too. */
  ids: string[]
  /** Of these, those of what cannot be read. */
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
  const came = isObject(raw) && Array.isArray(raw[list]) ? (raw[list] as unknown[]) : []
  const found: ListedRows<Row> = {
    rows: [],
    ids: [],
    unreadable: new Set(came.filter((_, i) => unreadableRows[list]?.has(i)).map(keyOf))
  }
  const left = rows.values()
  for (const [i, raw] of came.entries()) {
    const row = unreadableRows[list]?.has(i) ? undefined : left.next().value
    if (row !== undefined) found.rows.push([row, { account, at, raw }])
    found.ids.push(row === undefined ? keyOf(raw) : idOf(row))
  }
  return found
}

/** By what it says: its id may be what cannot be read. */
function keyOf(raw: unknown): string {
  try {
    return `unread ${JSON.stringify(raw)}`
  } catch {
    return 'unread' // nested too deeply
  }
}

/** The one page of what is no list. */
export function onePage(facts: Page['facts'], rows: number, unreadable = 0): Page {
  return { facts, unlinked: [], rows, unreadable }
}

/** To its second, which is all that /calls and /voicemails take: the rows of the last one come too. */
export function roundUpToSecond(until: Date): Date {
  return new Date(Math.ceil(until.getTime() / 1000) * 1000)
}

function firstExtension({ userKeys }: AccountContext['account']): string {
  return Object.keys(userKeys)[0] ?? '' // has no credentials, and says so
}
