import type { Account } from '../../../src/accounts/accounts.js'
import type { Event } from '../../../src/events/event.js'
import { randomId } from '../../../src/events/identity.js'
import { decodeRecord, encodeEvent } from '../../../src/events/record.js'
import { readResponse } from '../../../src/mightycall/rest/read-response.js'
import type { ResponseOf, Route } from '../../../src/mightycall/rest/route.js'
import type { Fact } from '../../../src/reconcile/route-reader.js'
import type { SourceRow } from '../../../src/reconcile/routes/row.js'

export const ACCOUNT: Account = {
  id: 'acme',
  tokens: [],
  apiKey: 'the-key-of-acme',
  userKeys: { 101: 'k' },
  kind: 'classic',
  baseUrl: 'http://127.0.0.1:9/v4',
  timeZone: 'UTC',
  region: 'US'
}
export const ANSWERED_AT = new Date('2026-11-23T09:00:00.000Z')
export const COMMON_FIELDS = {
  account: 'acme',
  occurredAt: ANSWERED_AT.toISOString(),
  receivedAt: ANSWERED_AT.toISOString(),
  source: 'rest'
}

/** Reads a row that MightyCall lists as its route does; returns the parsed row and its source. */
export function rowOf<R extends Route, Row>(
  route: R,
  row: unknown,
  pick: (answer: ResponseOf<R>) => Row | undefined
): [Row, SourceRow] {
  const parsed = pick(readResponse(route, { [route.list ?? '']: [row] }, () => {}).body)
  if (parsed === undefined) throw new Error('the route has no such list')
  return [parsed, { account: ACCOUNT, at: ANSWERED_AT, raw: structuredClone(row) }]
}

/** Returns the fact without its raw row. Throws when it is not a valid event. */
export function validFact(fact: Fact | null): object | null {
  if (fact === null) return null
  const event = { ...fact, id: randomId() } as Event // an event is a fact with an id
  decodeRecord({ value: encodeEvent(event).value })
  const { raw: _, ...rest } = fact
  return rest
}
