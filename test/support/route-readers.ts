import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Interval, Page, ReadContext, RouteReader } from '../../src/reconcile/route-reader.js'
import { json, type Reply, setUpRestClient } from './mightycall-api.js'

export const INTERVAL: Interval = {
  from: new Date('2026-11-23T07:00:00.250Z'),
  until: new Date('2026-11-23T08:00:00.250Z')
}

/**
 * Starts a MightyCall API over HTTP, and returns a function that reads one of its routes. Tests that pass the same
 * `pool` get API keys of their own, so that they share neither the quota nor a block.
 */
export async function setUpReaders(t: Test, options: Parameters<typeof setUpRestClient>[1] = {}) {
  const lookupsOf = (known: {
    numbers?: readonly string[]
    extensions?: readonly string[]
  }): ReadContext['lookups'] => ({
    numbers: async () => known.numbers ?? [],
    extensions: async () => known.extensions ?? []
  })
  const client = await setUpRestClient(t, { budget: 1_000, ...(options.pool && { apiKey: randomUUID() }), ...options })
  const { rest, account, clock, seen } = client
  const context: ReadContext = {
    account,
    clientOf: extension => rest.clientOf(account, extension),
    permitClass: 'sync',
    now: () => clock.now,
    lookups: lookupsOf({})
  }
  const read = async (
    reader: RouteReader,
    {
      interval = INTERVAL,
      scope = null,
      ...overrides
    }: Partial<ReadContext> & { interval?: Interval; scope?: string | null } = {}
  ) => {
    const pages: Page[] = []
    for await (const page of reader.read({ ...context, ...overrides }, interval, scope)) pages.push(page)
    return {
      pages,
      facts: pages.flatMap(page => page.facts),
      unlinked: pages.flatMap(page => page.unlinked),
      rows: pages.reduce((sum, page) => sum + page.rows, 0)
    }
  }
  const queriesOf = (route: string) =>
    seen
      .filter(request => request.route === route)
      .map(request => Object.fromEntries(new URLSearchParams(request.query)))
  return { ...client, context, read, queriesOf, lookupsOf }
}

/**
 * Replies with a page of the list, selected by `skip` or `page` and by `pageSize`.
 * @param beforeEach  called with the number of earlier requests before each reply; it may change the list
 */
export function listReply(name: string, list: unknown[], beforeEach: (requests: number) => void = () => {}): Reply {
  let requests = 0
  return (response, seen) => {
    beforeEach(requests++)
    const query = new URLSearchParams(seen.query)
    const size = Number(query.get('pageSize'))
    const first = query.has('page') ? (Number(query.get('page')) - 1) * size : Number(query.get('skip'))
    json({
      data: {
        [name]: list.slice(first, first + size),
        ...(name === 'requests' ? { currentPage: 1 } : { total: list.length })
      }
    })(response, seen)
  }
}
