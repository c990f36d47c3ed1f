import type { Account } from '../../../src/accounts/accounts.js'
import type { AccountContext, Fact, Interval, Page, RouteReader } from '../../../src/reconcile/route-reader.js'

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

export const contextAt = (now: () => Date): AccountContext => ({
  account: ACCOUNT,
  clientOf: () => {
    throw new Error('nothing is asked')
  },
  permitClass: 'reconcile',
  now
})

export const aNumber = (number: string, at: string): Fact => ({
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

export interface TellingReader extends RouteReader {
  /** Which intervals were read, and of what. */
  reads: { interval: Interval; scope: string | null }[]
}

/** A route that has these pages to tell; an error instead of a page ends the reading. */
export function readerOf(
  route: RouteReader['route'],
  pagesOf: (read: number) => readonly (Fact[] | Error)[],
  scopes: readonly (string | null)[] = [null]
): TellingReader {
  const reads: TellingReader['reads'] = []
  return {
    route,
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
