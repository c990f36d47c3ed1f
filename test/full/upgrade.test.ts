import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import pg from 'pg'
import t, { type Test } from 'tap'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { foldedKinds, foldVersionOf } from '../../src/project/models/read-models.js'
import type { Difference } from '../../src/project/rebuild/compare.js'
import { databaseWithoutTables } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { countedRows, recount } from '../support/recount-calls.js'
import { randomSecrets, runCommand, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

// See test/full/fixtures/README.md.
const DUMP = path.join(PROJECT_ROOT, 'test/full/fixtures/schema-0008.sql.gz')
const ACCOUNTS = ['branch', 'default']

interface UpgradedCall {
  id: string
  /** The columns that a dry run lists, among others. */
  differing: string[]
  before: Record<string, unknown>
  /** `null` when the row is removed. */
  after: Record<string, unknown> | null
}

const CALLS: UpgradedCall[] = [
  {
    id: 'dialed-911',
    differing: ['direction', 'client_number', 'answered_by'],
    before: { direction: 'internal', client_number: null },
    after: { direction: 'outbound', client_number: '911', client_callable: false, answered_by: '101' }
  },
  {
    id: 'dialed-short-code',
    differing: ['direction', 'client_number', 'answered_by'],
    before: { direction: 'internal', client_number: null },
    after: { direction: 'outbound', client_number: '24365', client_callable: false, answered_by: '101' }
  },
  {
    id: 'dialed-colleague',
    differing: ['first_ring_at'],
    before: { direction: 'internal', client_number: null, answered_by: '105' },
    after: { direction: 'internal', client_number: null, answered_by: '105' }
  },
  {
    id: 'lost-ringing',
    differing: ['outcome', 'client_callable'],
    before: { outcome: 'abandoned' },
    after: { outcome: 'missed', client_callable: true, legs: 1 }
  },
  {
    id: 'lost-start-of-leg',
    differing: ['outcome', 'client_callable'],
    before: { outcome: 'abandoned' },
    after: { outcome: 'missed', client_callable: true, legs: 1 }
  },
  {
    id: 'lost-first-answer',
    differing: ['answered_by', 'answered_at', 'wait_seconds', 'talk_seconds'],
    before: { answered_by: '102', wait_seconds: 75, talk_seconds: 35 },
    after: { outcome: 'answered', answered_by: '101', answered_at: null, wait_seconds: null, talk_seconds: null }
  },
  {
    id: 'b2c3d4e5-6f7a-4b8c-9d0e-1f2a3b4c5d6e', // as the one before, with a recording of 95 s
    differing: ['answered_by', 'answered_at', 'wait_seconds', 'talk_seconds'],
    before: { answered_by: '102', wait_seconds: 75, talk_seconds: 35 },
    after: { outcome: 'answered', answered_by: '101', wait_seconds: 15, talk_seconds: 90 }
  },
  {
    id: 'duration-and-recording',
    differing: ['outcome', 'answered_at', 'wait_seconds', 'talk_seconds'],
    before: { outcome: 'unanswered', talk_seconds: null },
    after: { outcome: 'answered', wait_seconds: 5, talk_seconds: 125 }
  },
  {
    id: 'only-the-end',
    differing: ['started_at', 'wait_seconds'],
    before: { outcome: 'abandoned', seconds: 0 },
    after: { outcome: 'abandoned', seconds: 40, wait_seconds: 40 }
  },
  {
    id: 'lost-in-transfer',
    differing: ['talk_seconds', 'lost_in_transfer', 'transferred'],
    before: { outcome: 'answered', talk_seconds: 312 },
    after: { outcome: 'answered', talk_seconds: 10, lost_in_transfer: true, transferred: true }
  },
  { id: '0', differing: ['extra'], before: { outcome: 'missed', events: 8 }, after: null },
  {
    id: '00000000-0000-0000-0000-000000000000',
    differing: ['extra'],
    before: { outcome: 'missed', events: 8 },
    after: null
  },
  {
    id: 'A1B2C3D4-5E6F-4A7B-8C9D-0E1F2A3B4C5D', // the first two events of the next call
    differing: ['extra'],
    before: { state: 'ringing', events: 2 },
    after: null
  },
  {
    id: 'a1b2c3d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d',
    differing: ['started_at', 'wait_seconds', 'webhook_events'],
    before: { events: 3, seconds: 60, legs: 1 },
    after: { outcome: 'answered', events: 5, seconds: 72, wait_seconds: 12, talk_seconds: 60, legs: 1 }
  },
  {
    id: 'extension-zero',
    differing: ['first_ring_at'],
    before: { outcome: 'missed', extensions: ['0'] },
    after: { outcome: 'missed', extensions: [''] }
  },
  {
    id: 'from-anonymous',
    differing: ['contribution'],
    before: { client_number: '+266696687' },
    after: { client_number: '+266696687', client_callable: false }
  },
  {
    id: 'from-country-code',
    differing: ['contribution'],
    before: { client_number: '+1' },
    after: { client_number: '+1', client_callable: false }
  },
  {
    id: 'from-zeros',
    differing: ['client_number'],
    before: { client_number: '+10000000000' },
    after: { client_number: '0000000000', client_callable: false }
  },
  {
    id: 'from-international-prefix',
    differing: ['client_number'],
    before: { client_number: '+10012025550123' },
    after: { client_number: '001 202 555 0123', client_callable: false }
  }
]

/** Loads the dump into a new database, and returns the pool and the address of the database. */
async function oldInstallation(t: Test): Promise<{ pool: pg.Pool; url: string }> {
  const { pool, url } = await databaseWithoutTables(t)
  const client = new pg.Client({ connectionString: url }) // the dump changes the settings of its connection
  await client.connect()
  await client.query(gunzipSync(readFileSync(DUMP)).toString())
  await client.end()
  return { pool, url }
}

/** Returns the calls of the hand-made account by their ids, with their legs and the seconds from start to end. */
async function callsIn(pool: pg.Pool): Promise<Map<string, Record<string, unknown>>> {
  const { rows } = await pool.query<{ call_id: string }>(
    `select c.*, extract(epoch from ended_at - started_at)::float8 as seconds, webhook_events as events,
      (select count(*)::int from call_legs l where (l.account, l.call_id) = (c.account, c.call_id)) as legs,
      array(select extension from call_legs l where (l.account, l.call_id) = (c.account, c.call_id)
        order by extension) as extensions
    from call_history c where account = 'branch'`
  )
  return new Map(rows.map(row => [row.call_id, row]))
}

async function checkUpgraded(t: Test, { pool, url }: { pool: pg.Pool; url: string }): Promise<void> {
  const dry = await runCommand(['rebuild', '--dry-run'], { DATABASE_URL: url })
  t.match(dry, { code: 0, stdout: /^done: \d+ entities, \d+ events, 0 differing rows\n$/ })
  const calls = await callsIn(pool)
  for (const { id, after } of CALLS) {
    if (after === null) t.notOk(calls.has(id), `${id} has no row`)
    else t.match(calls.get(id), after, id)
  }
  t.strictSame(
    (await pool.query("select message_id, client_number from sms_logs where account = 'branch' order by 1")).rows,
    [
      { message_id: 'message-from-international-prefix', client_number: '001 202 555 0123' },
      { message_id: 'message-from-number', client_number: '+12025550124' },
      { message_id: 'message-from-zeros', client_number: '0000000000' }
    ],
    'numbers of messages are not completed'
  )
  for (const table of ['agent_presence', 'mightycall_extensions'])
    t.strictSame(
      (await pool.query(`select distinct extension from ${table} where account = 'branch' order by 1`)).rows,
      (table === 'agent_presence' ? ['101', '105'] : ['101', '102', '105']).map(extension => ({ extension })),
      `${table} has no extension 0`
    )
  for (const account of ACCOUNTS) await checkReports(t, pool, account)
}

/** Compares the sums of the daily reports with the rows that they count. */
async function checkReports(t: Test, pool: pg.Pool, account: string): Promise<void> {
  const sums = async (sql: string) => (await pool.query<Record<string, number>>(sql, [account])).rows[0] ?? {}
  const { calls, inbound, answered, missed, abandoned, dropped, outbound, outboundAnswered, talk } = recount(
    await countedRows(pool, account)
  )
  t.ok(calls > 10 && inbound > 0 && answered > 0 && missed > 0 && outbound > 0, `${account} has calls of all kinds`)
  const others = await sums(
    `select (select count(*)::int from voicemail_logs where account = $1) as voicemails,
      (select count(*)::int from sms_logs where account = $1 and direction = 'inbound') as "messagesIn",
      (select count(*)::int from sms_logs where account = $1 and direction = 'outbound') as "messagesOut"`
  )
  t.strictSame(
    await sums(
      `select sum(calls)::int as calls, sum(inbound)::int as inbound, sum(answered)::int as answered,
        sum(missed)::int as missed, sum(abandoned)::int as abandoned, sum(dropped)::int as dropped,
        sum(outbound)::int as outbound, sum(outbound_answered)::int as "outboundAnswered",
        sum(talk_seconds)::float8 as talk, sum(voicemails)::int as voicemails, sum(messages_in)::int as "messagesIn",
        sum(messages_out)::int as "messagesOut"
      from mightycall_reports where account = $1 and extension = ''`
    ),
    {
      ...{ calls, inbound, answered, missed, abandoned, dropped, outbound, outboundAnswered, talk: talk.totalSeconds },
      ...others
    },
    `the reports of ${account} count its calls, voicemails and messages`
  )
  t.strictSame(
    await sums(
      `select sum(calls)::int as legs, sum(outbound)::int as dialed, sum(answered)::int as answered,
        sum(missed + answered_elsewhere)::int as unanswered
      from mightycall_reports where account = $1 and extension <> ''`
    ),
    await sums(
      `select count(*)::int as legs, count(*) filter (where role = 'dialer')::int as dialed,
        count(*) filter (where role = 'agent' and result = 'answered')::int as answered,
        count(*) filter (where role = 'agent' and result = 'unanswered')::int as unanswered
      from call_legs where account = $1 and extension <> ''`
    ),
    `the reports of ${account} count its legs`
  )
}

t.test('a dry run lists the fields of an old database that differ, and a rebuild corrects them', async t => {
  const { pool, url } = await oldInstallation(t)
  const old = await callsIn(pool)
  for (const { id, before } of CALLS) t.match(old.get(id), before, `${id} before the upgrade`)

  const dry = await runCommand(['rebuild', '--dry-run', '--json'], { DATABASE_URL: url })
  t.equal(dry.code, 1, `a dry run that finds differences exits with 1: ${dry.stderr}`)
  const differences = dry.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Difference) // printed by src/cli/rebuild.ts
  const fieldsOf = (table: string, entity: string) =>
    differences
      .filter(difference => difference.table === table && difference.account === 'branch')
      .flatMap(difference => (difference.entity === entity ? difference.fields : []))
  for (const { id, differing } of CALLS)
    t.strictSame(
      differing.filter(field => !fieldsOf('call_history', id).includes(field)),
      [],
      `the dry run lists ${differing.join(', ')} of ${id}`
    )
  t.strictSame(fieldsOf('call_legs', 'lost-ringing'), ['missing'], 'it lists a leg that is missing')
  t.strictSame(fieldsOf('call_legs', 'extension-zero').sort(), ['extra', 'missing'], 'and one of another extension')
  t.strictSame(fieldsOf('sms_logs', 'message-from-zeros').sort(), ['client_number', 'thread_id'], 'and of a message')
  t.strictSame(fieldsOf('agent_presence', '0'), ['extra'], 'and the presence of no extension')
  t.ok(
    differences.some(({ account, table }) => account === 'default' && table === 'call_history'),
    'it lists calls of the other account'
  )
  t.strictSame(
    new Map([...(await callsIn(pool))].map(([id, { outcome, talk_seconds }]) => [id, { outcome, talk_seconds }])),
    new Map([...old].map(([id, { outcome, talk_seconds }]) => [id, { outcome, talk_seconds }])),
    'it changes nothing'
  )

  const rebuilt = await runCommand(['rebuild'], { DATABASE_URL: url })
  t.match(rebuilt, { code: 0, stdout: new RegExp(`, ${differences.length} differing rows, corrected\n$`) })
  await checkUpgraded(t, { pool, url })
})

t.test('the service folds the calls of an old database again after its start', async t => {
  const { pool, url } = await oldInstallation(t)
  const countOutdated = async () => {
    const kinds = foldedKinds()
    const { rows } = await pool.query<{ count: number }>(
      `select count(*)::int as count from entities e join unnest($1::text[], $2::int[]) as v (kind, version)
        on v.kind = e.kind and e.fold_version < v.version`,
      [kinds, kinds.map(foldVersionOf)]
    )
    return rows[0]?.count
  }
  t.ok(await countOutdated(), 'calls have an older version')
  const service = await startServiceProcess(t, { DATA_DIR: tempDir(t), DATABASE_URL: url, ...randomSecrets() })
  await eventually('no entity has an older version', async () => (await countOutdated()) === 0, 60_000)
  t.equal(await service.end('SIGTERM'), 0, service.output())
  await checkUpgraded(t, { pool, url })
})
