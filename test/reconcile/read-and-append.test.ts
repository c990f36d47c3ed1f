import t, { type Test } from 'tap'
import type { Event } from '../../src/events/event.js'
import { decodeRecord } from '../../src/events/record.js'
import { createFactAppender } from '../../src/reconcile/append-facts.js'
import { linkPage } from '../../src/reconcile/link.js'
import { callsReader } from '../../src/reconcile/routes/calls.js'
import { journalReader } from '../../src/reconcile/routes/journal/reader.js'
import { voicemailsReader } from '../../src/reconcile/routes/voicemails.js'
import { projectorOf } from '../support/company.js'
import { INTERVAL, listReply, setUpReaders } from '../support/route-readers.js'

const COUNT = 45
const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 7, minute)).toISOString()
const numbers = { business: '+15550100001', client: (i: number) => `+155593712${10 + i}` }
const every = <Row>(row: (i: number) => Row) => Array.from({ length: COUNT }, (_, i) => row(i))

/** Missed calls with a voicemail each: the journal names neither the call nor the voicemail. */
const replies = {
  'GET /api/calls': listReply(
    'calls',
    every(i => ({
      id: `call-${i}`,
      direction: 'Incoming',
      caller: { phone: numbers.client(i) },
      called: [{ extension: '101', isConnected: false }],
      businessNumber: numbers.business,
      dateTimeUtc: at(i),
      duration: '40000',
      callStatus: 'Missed'
    }))
  ),
  'GET /api/voicemails': listReply(
    'voicemails',
    every(i => ({
      id: `voicemail-${i}`,
      from: numbers.client(i),
      to: numbers.business,
      dateTimeUtc: at(i).replace(':00.', ':25.'),
      duration: '15',
      voicemailStatus: 'UnRead'
    }))
  ),
  'GET /api/journal/requests': listReply(
    'requests',
    every(i => ({
      id: `journal-${i}`,
      requestGuid: '00000000-0000-0000-0000-000000000000',
      type: 'call',
      state: 'voiceMail',
      origin: 'inbound',
      client: { address: numbers.client(i), resolvedContacts: [{ firstName: `Client ${i}` }] },
      businessNumber: { number: numbers.business },
      created: at(i),
      duration: '00:00:40',
      read: i % 2 === 0,
      voicemail: { duration: '00:00:15', text: `message ${i}`, speechRecognitionStatus: 'success' }
    }))
  )
}

/** Reads all routes. Each process gets `killedAfter` pages further than the last one, and reads from the first page. */
async function readAll(t: Test, killedAfter: number) {
  const { context, pool } = await setUpReaders(t, { replies })
  const project = projectorOf(pool)
  const records: Event[] = []
  const log = {
    append: async (batch: readonly { value: Buffer }[]) => {
      records.push(...batch.map(record => decodeRecord(record)))
    }
  }
  for (const reader of [callsReader, voicemailsReader, journalReader]) {
    for (let survived = killedAfter; ; survived += killedAfter) {
      const { append } = createFactAppender({ pool, log })
      let pages = 0
      let isKilled = false
      for await (const page of reader.read({ ...context, pageSize: 20 }, INTERVAL, null)) {
        await append((await linkPage(pool, 'acme', page)).facts)
        isKilled = ++pages === survived
        if (isKilled) break
      }
      if (!isKilled) break
    }
    await project(records.splice(0))
  }
  const rows = async (sql: string) => (await pool.query<Record<string, unknown>>(sql)).rows
  return {
    calls: await rows(
      `select call_id, outcome, client_number, client_name, started_at, ended_at, rest_events
       from call_history order by call_id`
    ),
    voicemails: await rows(
      `select voicemail_id, call_id, client_name, left_at, duration_seconds, read, transcript_text
       from voicemail_logs order by voicemail_id`
    ),
    events: (await rows('select id from events order by id')).map(row => row.id)
  }
}

t.test('the routes fold to one row for each call and voicemail, wherever the process was killed', async t => {
  const uninterrupted = await readAll(t, Number.POSITIVE_INFINITY)
  t.equal(uninterrupted.calls.length, COUNT)
  t.match(
    uninterrupted.calls.find(row => row.call_id === 'call-7'),
    {
      outcome: 'voicemail',
      client_number: numbers.client(7),
      client_name: 'Client 7',
      started_at: new Date(at(7)),
      ended_at: new Date(Date.parse(at(7)) + 40_000),
      rest_events: 2
    }
  )
  t.match(
    uninterrupted.voicemails.find(row => row.voicemail_id === 'voicemail-7'),
    { call_id: 'call-7', client_name: 'Client 7', duration_seconds: 15, read: false, transcript_text: 'message 7' }
  )
  t.equal(uninterrupted.voicemails.filter(row => row.transcript_text !== null).length, COUNT)
  t.equal(uninterrupted.events.length, 4 * COUNT)
  for (const pages of [1, 2]) t.strictSame(await readAll(t, pages), uninterrupted, `killed after ${pages} pages`)
})
