import type { Test } from 'tap'
import type { Event } from '../../src/events/event.js'
import { decodeRecord } from '../../src/events/record.js'
import { createFactAppender } from '../../src/reconcile/append-facts.js'
import type { Fact, FactOf } from '../../src/reconcile/route-reader.js'
import { openLog, readAll, textOf } from '../event-log/local/support/log.js'
import { projectorOf } from './company.js'
import { freshDatabase } from './database.js'
import { tempDir } from './temp-dir.js'

// Facts that REST reported at the given minute past nine.

export const restFields = (minute: number) => {
  const at = new Date(Date.UTC(2026, 10, 23, 9, minute)).toISOString()
  return { account: 'acme', occurredAt: at, receivedAt: at, source: 'rest' as const, raw: { minute } }
}
export const messageReported = (
  read: boolean,
  minute: number,
  overrides: Partial<FactOf<Extract<Event, { type: 'message.reported' }>>> = {}
): Fact => ({
  ...restFields(minute),
  type: 'message.reported',
  messageId: 'm1',
  route: 'journal',
  direction: 'inbound',
  businessNumber: '+15550100001',
  clientNumber: '+15559371200',
  clientName: null,
  extension: null,
  text: 'hi',
  attachments: [],
  sentAt: '2026-11-23T08:00:00.000Z',
  delivery: null,
  read,
  removedAt: null,
  ...overrides
})
export const contactReported = (minute: number): Fact => ({
  ...restFields(minute),
  type: 'contact.reported',
  contactId: 'k1',
  route: 'contacts',
  name: 'Dee',
  channels: [],
  tags: []
})
export const contactRemoved = (minute: number): Fact => ({
  ...restFields(minute),
  type: 'contact.removed',
  contactId: 'k1'
})
export const callReported = (route: 'calls' | 'journal', status: 'missed' | 'voicemail', minute: number): Fact => ({
  ...restFields(minute),
  type: 'call.reported',
  callId: 'c1',
  route,
  direction: 'inbound',
  status,
  businessNumber: '+15550100001',
  clientNumber: '+15559371200',
  clientName: null,
  startedAt: '2026-11-23T08:00:00.000Z',
  durationSeconds: 23.066,
  parties: [],
  recordingId: null,
  recordingLink: null
})
export const presenceReported = (presence: 'available' | 'dnd', minute: number): Fact => ({
  ...restFields(minute),
  type: 'status.reported',
  extension: '101',
  route: 'presence',
  presence
})
export const rangePolled = (count: number, minute: number): Fact => ({
  ...restFields(minute),
  type: 'range.polled',
  rangeId: 'calls a b',
  polled: 'calls',
  scope: null,
  from: '2026-11-23T07:00:00.000Z',
  until: '2026-11-23T08:00:00.000Z',
  count
})

/**
 * Opens a log and a database. `project` projects the whole log into the database, `start` returns the appender of a
 * process that has just started.
 */
export async function setUpFactAppender(t: Test) {
  const { pool } = await freshDatabase(t)
  const log = await openLog(t, { dir: tempDir(t) })
  const projectAll = projectorOf(pool)
  const start = () => createFactAppender({ pool, log }).append
  const events = async () =>
    // readAll marks the end with a record of its own
    (await readAll(log)).filter(record => textOf(record) !== 'the end').map(record => decodeRecord(record))
  const project = async () => projectAll(await events())
  const rows = async (table: string) => (await pool.query<Record<string, unknown>>(`select * from ${table}`)).rows
  return { pool, log, start, events, project, rows }
}
