import type { Test } from 'tap'
import type { Event } from '../../src/events/event.js'
import { decodeRecord } from '../../src/events/record.js'
import { createFactAppender } from '../../src/reconcile/append-facts.js'
import type { Fact, FactOf } from '../../src/reconcile/route-reader.js'
import { openLog, readAll, textOf } from '../event-log/local/support/log.js'
import { projectorOf } from './company.js'
import { freshDatabase } from './database.js'
import { tempDir } from './temp-dir.js'

// What REST told at some minute past nine.

export const told = (minute: number) => {
  const at = new Date(Date.UTC(2026, 10, 23, 9, minute)).toISOString()
  return { account: 'acme', occurredAt: at, receivedAt: at, source: 'rest' as const, raw: { minute } }
}
export const message = (
  read: boolean,
  minute: number,
  of: Partial<FactOf<Extract<Event, { type: 'message.reported' }>>> = {}
): Fact => ({
  ...told(minute),
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
  ...of
})
export const contact = (minute: number): Fact => ({
  ...told(minute),
  type: 'contact.reported',
  contactId: 'k1',
  route: 'contacts',
  name: 'Dee',
  channels: [],
  tags: []
})
export const gone = (minute: number): Fact => ({ ...told(minute), type: 'contact.removed', contactId: 'k1' })
export const call = (route: 'calls' | 'journal', status: 'missed' | 'voicemail', minute: number): Fact => ({
  ...told(minute),
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
export const presence = (presence: 'available' | 'dnd', minute: number): Fact => ({
  ...told(minute),
  type: 'status.reported',
  extension: '101',
  route: 'presence',
  presence
})
export const range = (count: number, minute: number): Fact => ({
  ...told(minute),
  type: 'range.polled',
  rangeId: 'calls a b',
  polled: 'calls',
  scope: null,
  from: '2026-11-23T07:00:00.000Z',
  until: '2026-11-23T08:00:00.000Z',
  count
})

/**
 * A log and a database; `project` brings the one to the other, and a new appender is a process that has just started.
 */
export async function appending(t: Test) {
  const { pool } = await freshDatabase(t)
  const log = await openLog(t, { dir: tempDir(t) })
  const projectAll = projectorOf(pool)
  const start = () => createFactAppender({ pool, log }).append
  const events = async () =>
    // each reading leaves its mark
    (await readAll(log)).filter(record => textOf(record) !== 'the end').map(record => decodeRecord(record))
  const project = async () => projectAll(await events())
  const rows = async (table: string) => (await pool.query<Record<string, unknown>>(`select * from ${table}`)).rows
  return { pool, log, start, events, project, rows }
}
