import type { Account } from '../../../src/accounts/accounts.js'
import type { DoubtfulCalls } from '../../../src/reconcile/calls-in-doubt.js'
import type { AccountContext, Fact, Interval, Page, RouteReader } from '../../../src/reconcile/route-reader.js'
import { ROUTE_READERS } from '../../../src/reconcile/routes/all-routes.js'

export const ACCOUNT: Account = {
  id: 'default',
  tokens: [],
  apiKey: 'the-api-key-of-the-test',
  userKeys: { 101: 'the-user-key-of-101' },
  kind: 'classic',
  baseUrl: 'http://127.0.0.1:9/v4',
  timeZone: 'UTC',
  region: 'US'
}

export const NO_DOUBTFUL_CALLS: DoubtfulCalls = { read: async () => 0 }

export const contextAt = (now: () => Date): AccountContext => ({
  account: ACCOUNT,
  clientOf: () => {
    throw new Error('the reader must not send requests')
  },
  permitClass: 'reconcile',
  now
})

export const numberReported = (number: string, at: string): Fact => ({
  type: 'number.reported',
  number,
  route: 'numbers',
  externalId: null,
  label: 'Main',
  enabled: true,
  smsEnabled: null,
  account: ACCOUNT.id,
  occurredAt: at,
  receivedAt: at,
  source: 'rest',
  raw: {}
})

export interface RecordingReader extends RouteReader {
  /** The intervals that were read, with their scopes. */
  reads: { interval: Interval; scope: string | null }[]
}

/**
 * Creates a reader that has the schedule of the route and yields the given pages. It throws an error that stands in the
 * place of a page.
 */
export function readerOf(
  route: RouteReader['route'],
  pagesOf: (read: number) => readonly (Fact[] | Error)[],
  scopes: readonly (string | null)[] = [null]
): RecordingReader {
  const reads: RecordingReader['reads'] = []
  const real = ROUTE_READERS.find(candidate => candidate.route === route)
  if (!real) throw new Error(`no reader of ${route}`)
  return {
    ...real,
    reads,
    scopes: () => scopes,
    read: async function* (_context, interval, scope): AsyncGenerator<Page> {
      reads.push({ interval, scope })
      for (const page of pagesOf(reads.length - 1)) {
        if (page instanceof Error) throw page
        yield { facts: page, unlinked: [], rows: page.length }
      }
    }
  }
}
