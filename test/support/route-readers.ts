import type { Test } from 'tap'
import type { Interval, Page, ReadContext, RouteReader } from '../../src/reconcile/route-reader.js'
import { json, type Reply, restClient } from './mightycall-api.js'

export const INTERVAL: Interval = {
  from: new Date('2026-11-23T07:00:00.250Z'),
  until: new Date('2026-11-23T08:00:00.250Z')
}

/** A MightyCall over HTTP, and what reads a route of it. */
export async function readable(t: Test, options: Parameters<typeof restClient>[1] = {}) {
  const knowing = (of: { numbers?: readonly string[]; extensions?: readonly string[] }): ReadContext['lookups'] => ({
    numbers: async () => of.numbers ?? [],
    extensions: async () => of.extensions ?? []
  })
  const client = await restClient(t, { budget: 1_000, ...options })
  const { rest, account, clock, seen } = client
  const context: ReadContext = {
    account,
    clientOf: extension => rest.clientOf(account, extension),
    permitClass: 'sync',
    now: () => clock.now,
    lookups: knowing({})
  }
  const read = async (
    reader: RouteReader,
    {
      interval = INTERVAL,
      scope = null,
      ...of
    }: Partial<ReadContext> & { interval?: Interval; scope?: string | null } = {}
  ) => {
    const pages: Page[] = []
    for await (const page of reader.read({ ...context, ...of }, interval, scope)) pages.push(page)
    return {
      pages,
      facts: pages.flatMap(page => page.facts),
      unlinked: pages.flatMap(page => page.unlinked),
      rows: pages.reduce((sum, page) => sum + page.rows, 0)
    }
  }
  const asked = (route: string) =>
    seen.filter(one => one.route === route).map(one => Object.fromEntries(new URLSearchParams(one.query)))
  return { ...client, context, read, asked, knowing }
}

/** Answers a list by `skip` and `pageSize`, or by `page`; whatever the test does to the list meanwhile. */
export function listReply(name: string, list: unknown[], beforeEach: (asked: number) => void = () => {}): Reply {
  let asked = 0
  return (response, seen) => {
    beforeEach(asked++)
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
