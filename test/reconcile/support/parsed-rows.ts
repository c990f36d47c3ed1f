import type { Account } from '../../src/accounts/accounts.js'
import type { Event } from '../../src/events/event.js'
import { randomId } from '../../src/events/identity.js'
import { decodeRecord, encodeEvent } from '../../src/events/record.js'
import { readResponse } from '../../src/mightycall/rest/read-response.js'
import type { ResponseOf, Route } from '../../src/mightycall/rest/route.js'
import type { Fact } from '../../src/reconcile/route-reader.js'
import type { SourceRow } from '../../src/reconcile/routes/row.js'

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
export const BEGINNING = {
  account: 'acme',
  occurredAt: ANSWERED_AT.toISOString(),
  receivedAt: ANSWERED_AT.toISOString(),
  source: 'rest'
}

/** A row as MightyCall sends it, as the route reads it. */
export function rowOf<R extends Route, Row>(
  route: R,
  listed: unknown,
  pick: (answer: ResponseOf<R>) => Row | undefined
): [Row, SourceRow] {
  const row = pick(readResponse(route, { [route.list ?? '']: [listed] }, () => {}).body)
  if (row === undefined) throw new Error('the route has no such list')
  return [row, { account: ACCOUNT, at: ANSWERED_AT, raw: structuredClone(listed) }]
}

/** Without what MightyCall sent; throws when it would be no event. */
export function checked(fact: Fact | null): object | null {
  if (fact === null) return null
  const event = { ...fact, id: randomId() } as Event // that is all it lacks
  decodeRecord({ value: encodeEvent(event).value })
  const { raw: _, ...rest } = fact
  return rest
}
