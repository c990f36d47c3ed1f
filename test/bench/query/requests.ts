import { DAY_MS } from '../../../src/lib/instant.js'

const CALL_INTERVAL_MS = 300_000

export interface BenchRequest {
  name: string
  path: string
}

/** Returns the measured requests for the rows of test/support/large-database.ts, with one call every five minutes. */
export function requestsFor(calls: number, cursor: string): BenchRequest[] {
  const end = Date.UTC(2026, 0, 1) + calls * CALL_INTERVAL_MS
  const span = (days: number) =>
    `since=${new Date(end - days * DAY_MS).toISOString()}&until=${new Date(end).toISOString()}`
  return [
    { name: 'newest', path: '/v1/calls' },
    { name: 'page_100', path: `/v1/calls?cursor=${cursor}` },
    { name: 'business_number', path: '/v1/calls?businessNumber=%2B15550001003' },
    { name: 'client', path: '/v1/calls?client=%2B15550003331' },
    { name: 'extension', path: '/v1/calls?extension=105' },
    { name: 'missed_in_a_week', path: `/v1/calls?outcome=missed&${span(7)}` },
    { name: 'needs_callback', path: '/v1/calls?needsCallback=true' },
    { name: 'by_digits', path: '/v1/calls?q=0003331' },
    { name: 'by_name', path: '/v1/calls?q=client%20eccbc87e' },
    { name: 'one_call', path: '/v1/calls/call-77777' },
    { name: 'stats_of_a_month', path: `/v1/stats/calls?account=a&bucket=day&${span(30)}` },
    { name: 'unread_voicemails', path: '/v1/voicemails?unread=true' }
  ]
}
