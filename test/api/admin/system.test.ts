import t from 'tap'
import { createProcessRecord } from '../../../src/app/process-record.js'
import { packageVersion } from '../../../src/lib/package-root.js'
import { createAlarmJournal } from '../../../src/observability/alarm-journal.js'
import { createMetrics } from '../../../src/observability/metrics.js'
import { createTokenLookup, createTokenUses } from '../../../src/receive/tokens.js'
import { freshDatabase } from '../../support/database.js'
import { queryApi } from '../../support/query-api.js'

const NOW = new Date('2026-11-23T08:00:00Z')
const TOKEN = 'a-token-of-forty-three-url-safe-characters-1'
const NEXT = 'a-token-of-forty-three-url-safe-characters-2'

t.test('the system state shows holes, a stop, alarms, the spool and the readiness', async t => {
  const { pool } = await freshDatabase(t)
  await pool.query(
    `insert into holes
       (log_id, consumer_group, topic, partition, reason, checkpoint_offset, first_offset, end_offset, detected_at)
     values ('l', 'g', 'calls', 2, 'gap', 9007199254740993, 5, 7, $1),
       ('l', 'another', 'calls', 2, 'gap', 1, 5, 7, $1)`,
    [NOW]
  )
  await pool.query(
    `insert into projector_stops
       (consumer_group, log_id, topic, partition, last_offset, records, failed, code, stopped_at)
     values ('g', 'l', 'calls', 1, 41, 2000, 30, 'MCS_X', $1)`,
    [NOW]
  )
  const journal = createAlarmJournal(createMetrics(), () => NOW)
  for (const name of ['log-hole', 'spooling', 'spooling']) journal.raise(name, '')
  const record = createProcessRecord({
    pool,
    journal,
    roles: ['receive'],
    spool: () => ({ bytes: 10, records: 2, setAside: 1 }),
    now: () => NOW
  })
  record.start('receiver:8080')
  t.teardown(record.close)
  const { get } = await queryApi(t, pool, () => NOW, {
    system: {
      saveProcess: record.save,
      checks: { project: async () => 'stopped' },
      waiting: () => ({ bytes: 10, records: 2, setAside: 1 }),
      lag: () => Promise.reject(new Error('Kafka is unreachable')),
      roles: ['project']
    }
  })
  const system = (await get('/v1/system')).json<{ alarms: { lastAt: string }[] }>()
  t.match(system, {
    roles: ['project'],
    readiness: [{ role: 'project', ready: false, why: 'stopped' }],
    spool: { bytes: 10, records: 2, setAside: 1 },
    lag: null,
    tokens: null,
    webhooks: [{ account: 'default', lastAt: null }],
    holes: [
      {
        topic: 'calls',
        partition: 2,
        reason: 'gap',
        checkpointOffset: '9007199254740993',
        firstOffset: '5',
        endOffset: '7',
        detectedAt: NOW.toISOString()
      }
    ],
    stop: {
      topic: 'calls',
      partition: 1,
      lastOffset: '41',
      records: 2000,
      failed: 30,
      code: 'MCS_X',
      stoppedAt: NOW.toISOString(),
      resumedAt: null
    },
    alarms: [
      { name: 'log-hole', process: 'receiver:8080', scope: 'event', count: 1, resolvedAt: null },
      { name: 'spooling', process: 'receiver:8080', scope: 'process', count: 2, resolvedAt: null }
    ],
    processes: [
      {
        name: 'receiver:8080',
        roles: ['receive'],
        version: packageVersion(),
        startedAt: NOW.toISOString(),
        seenAt: NOW.toISOString(),
        stoppedAt: null,
        spool: { bytes: 10, records: 2, setAside: 1 }
      }
    ]
  })
  t.ok(system.alarms.every(({ lastAt }) => lastAt === NOW.toISOString()))
  t.equal((await get('/v1/system?foo=1')).statusCode, 400)
})

t.test('tokens are shown by fingerprint, and their last use survives a change of the tokens', async t => {
  let owners = [{ id: 'default', apiKey: null, region: 'US' as const, tokens: [TOKEN] }]
  let now = NOW
  const uses = createTokenUses(
    () => owners,
    () => now
  )
  const accountOf = createTokenLookup(() => owners, uses.note)
  t.strictSame(
    uses.all().map(use => use.lastUsedAt),
    [null]
  )
  t.equal(accountOf(NEXT), null)
  t.strictSame(
    uses.all().map(use => use.lastUsedAt),
    [null],
    'an unknown token does not count'
  )
  t.match(accountOf(TOKEN), { id: 'default' })
  owners = [{ ...(owners[0] ?? { id: '', apiKey: null, region: 'US' as const }), tokens: [TOKEN, NEXT] }]
  now = new Date(NOW.getTime() + 1000)
  accountOf(NEXT)
  t.strictSame(
    uses.all().map(use => [use.account, use.lastUsedAt]),
    [
      ['default', NOW],
      ['default', now]
    ]
  )
  t.ok(uses.all().every(({ fingerprint }) => /^[0-9a-f]{8}$/.test(fingerprint)))
})

t.test('without Postgres the state contains what this process knows', async t => {
  const { pool } = await freshDatabase(t)
  const journal = createAlarmJournal(createMetrics(), () => NOW)
  const record = createProcessRecord({ pool, journal, roles: ['receive'], spool: () => null, now: () => NOW })
  const { get } = await queryApi(t, pool, () => NOW, {
    system: {
      alarmsOfProcess: record.alarms,
      checks: { project: async () => 'Postgres does not answer', receive: async () => null }
    }
  })
  t.match((await get('/v1/system')).json(), { isDatabaseReachable: true })
  for (const name of ['embedded-postgres', 'spooling']) journal.raise(name, '')
  journal.resolve('spooling', '')
  pool.query = async () => {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  }
  const response = await get('/v1/system')
  t.equal(response.statusCode, 200)
  t.match(response.json(), {
    isDatabaseReachable: false,
    versions: { package: packageVersion(), postgres: '', schema: null },
    readiness: [
      { role: 'project', ready: false, why: 'Postgres does not answer' },
      { role: 'receive', ready: true, why: null }
    ],
    webhooks: [],
    holes: [],
    stop: null,
    processes: []
  })
  const { alarms } = response.json<{ alarms: { name: string; count: number; since: string }[] }>()
  t.match(alarms, [{ name: 'embedded-postgres', count: 1, since: NOW.toISOString() }])
  t.equal(alarms.length, 1)
})
