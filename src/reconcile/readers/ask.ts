import type { InputOf, Route } from '../../mightycall/rest/route.js'
import type { ReadAnswer } from '../../mightycall/rest/read-answer.js'
import { isObject } from '../../mightycall/read-json.js'
import type { Told } from '../findings/told.js'
import type { Page, ReadContext } from '../reader.js'

/** What integrations ask for: the fewer requests the better. */
const PAGE_SIZE = 1000

/** How many rows to ask for at once. */
export function pageSizeOf ({ pageSize }: ReadContext, usual = PAGE_SIZE): number {
  return pageSize ?? usual
}

export type Answered<R extends Route> = ReadAnswer<R> & { at: Date }

/**
 * Asks as the user of an extension; of what is the whole account's, as the first whose key we hold.
 * What a user without a manager's role sees of it is not documented.
 */
export async function ask<R extends Route> ({ account, clientOf, permitClass, now }: ReadContext, route: R, input: InputOf<R>, extension = firstExtension(account)): Promise<Answered<R>> {
  const answered = await clientOf(extension).send(route, input, permitClass)
  return { ...answered, at: now() }
}

export type TellingRow<Row> = readonly [Row, Told]

/** The rows of a list, each with what came. */
export function rowsOf<Row> (rows: readonly Row[], list: string, { raw, at }: Pick<Answered<Route>, 'raw' | 'at'>, { account }: ReadContext): TellingRow<Row>[] {
  const came = isObject(raw) && Array.isArray(raw[list]) ? raw[list] as unknown[] : []
  return rows.map((row, i) => [row, { account, at, raw: came[i] }])
}

/** The one page of what is no list. */
export function onePage (findings: Page['findings'], rows: number): Page {
  return { findings, unlinked: [], rows }
}

/** To its second, which is all that /calls and /voicemails take: the rows of the last one come too. */
export function untilSecond (until: Date): Date {
  return new Date(Math.ceil(until.getTime() / 1000) * 1000)
}

function firstExtension ({ userKeys }: ReadContext['account']): string {
  return Object.keys(userKeys)[0] ?? '' // has no credentials, and says so
}
