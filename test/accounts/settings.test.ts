import { pino } from 'pino'
import t from 'tap'
import type { Viewer } from '../../src/access/viewer.js'
import { createChangeSettings } from '../../src/accounts/change-settings.js'
import { createRuntimeSettings, pollSettings } from '../../src/accounts/runtime-settings.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { queryApi } from '../support/query-api.js'
import { SETTINGS } from '../support/settings.js'

const NOW = new Date('2026-11-23T08:00:00Z')
const CONFIGURED = {
  account: 'default',
  timeZone: 'UTC',
  clock: '24h',
  serviceLevelSeconds: 20,
  serviceLevelPercent: 80,
  droppedUnderSeconds: 4,
  set: []
}
const VIEWERS: Record<string, Viewer> = {
  viewer: { actor: 'v', role: 'viewer', account: 'default', organization: null },
  orgAdmin: { actor: 'o', role: 'org_admin', account: 'default', organization: null },
  other: { actor: 'p', role: 'platform_admin', account: 'other', organization: null }
}

async function api(t: Parameters<typeof freshDatabase>[0] & Parameters<typeof queryApi>[0], accountIds = ['default']) {
  const { pool } = await freshDatabase(t)
  return { pool, ...(await queryApi(t, pool, () => NOW, { viewers: VIEWERS, accountIds })) }
}

t.test('a setting overrides the configuration until it is reset', async t => {
  const { get, patch } = await api(t)
  t.strictSame((await get('/v1/settings')).json(), { data: [CONFIGURED] })
  const set = {
    ...CONFIGURED,
    timeZone: 'America/New_York',
    serviceLevelSeconds: 30,
    set: ['timeZone', 'serviceLevelSeconds']
  }
  t.strictSame((await patch('/v1/settings', { timeZone: 'America/New_York', serviceLevelSeconds: 30 })).json(), set)
  t.strictSame((await get('/v1/settings', 'viewer')).json(), { data: [set] })
  t.strictSame((await patch('/v1/settings', { clock: '12h', reset: ['timeZone'] })).json(), {
    ...CONFIGURED,
    clock: '12h',
    serviceLevelSeconds: 30,
    set: ['clock', 'serviceLevelSeconds']
  })
})

t.test('statistics use changed settings at once', async t => {
  const { pool, get, patch } = await api(t)
  await pool.query(
    `insert into call_history (account, call_id, direction, state, outcome, started_at, ended_at,
      wait_seconds, last_event_at, webhook_events, rest_events)
    values ('default', 'c', 'inbound', 'ended', 'abandoned', '2026-11-22T23:30:00Z', '2026-11-22T23:30:08Z',
      8, '2026-11-22T23:30:08Z', 1, 0)`
  )
  const stats = async () =>
    (await get('/v1/stats/calls?since=2026-11-22')).json<{
      timeZone: string
      data: { start: string; dropped: number }[]
    }>()
  t.match(await stats(), { timeZone: 'UTC', data: [{ start: '2026-11-22T00:00:00.000Z', dropped: 0 }] })
  await patch('/v1/settings', { timeZone: 'Europe/Berlin', droppedUnderSeconds: 10 })
  t.match(await stats(), {
    timeZone: 'Europe/Berlin',
    data: [
      { start: '2026-11-21T23:00:00.000Z', dropped: 0 },
      { start: '2026-11-22T23:00:00.000Z', dropped: 1 }
    ]
  })
})

t.test('each change is recorded in the audit log with the key that made it', async t => {
  const { pool, patch } = await api(t)
  await patch('/v1/settings', { clock: '12h', reset: ['timeZone'] })
  await patch('/v1/settings', { clock: '13h' })
  const { rows } = await pool.query('select at, actor, action, account, details from audit_log')
  t.strictSame(rows, [
    {
      at: NOW,
      actor: 'admin',
      action: 'settings.changed',
      account: 'default',
      details: { set: { clock: '12h' }, reset: ['timeZone'] }
    }
  ])
})

t.test('an invalid change is refused and changes nothing', async t => {
  const { get, patch } = await api(t)
  const refused = [
    {},
    { timeZone: 'Mars/Olympus' },
    { timeZone: '+02:00' },
    { timeZone: '' },
    { clock: '13h' },
    { serviceLevelSeconds: 0 },
    { serviceLevelSeconds: '20' },
    { serviceLevelSeconds: 1.5 },
    { droppedUnderSeconds: null },
    { droppedUnderSeconds: 61 },
    { other: 1 },
    { reset: ['other'] },
    { clock: '12h', reset: ['clock'] },
    { clock: '12h', timeZone: 'Mars/Olympus' }
  ]
  for (const body of refused)
    t.match(
      (await patch('/v1/settings', body)).json(),
      { statusCode: 400, code: 'MCS_INVALID_PARAMETER', message: String },
      JSON.stringify(body)
    )
  t.strictSame((await get('/v1/settings')).json(), { data: [CONFIGURED] })
})

t.test('only platform administrators may change settings, and only of an account that they may see', async t => {
  const { get, patch } = await api(t, ['default', 'other'])
  const change = { clock: '12h' }
  t.equal((await patch('/v1/settings?account=default', change, 'viewer')).statusCode, 403)
  t.equal((await patch('/v1/settings?account=default', change, 'orgAdmin')).statusCode, 403)
  t.match((await patch('/v1/settings?account=default', change, 'other')).json(), {
    statusCode: 404,
    code: 'MCS_NOT_FOUND'
  })
  t.match((await patch('/v1/settings', change)).json(), { statusCode: 400, message: /add \?account/ })
  t.match((await patch('/v1/settings?account=unknown', change)).json(), { statusCode: 404 })
  t.match((await patch('/v1/settings', change, 'other')).json(), { account: 'other', clock: '12h' })
  t.strictSame((await get('/v1/settings?account=default&account=unknown')).json(), { data: [CONFIGURED] })
  t.strictSame((await get('/v1/settings?account=other', 'viewer')).json(), { data: [] })
})

t.test('another process reads changes, even after an outage of Postgres, and ignores unknown settings', async t => {
  const { pool } = await freshDatabase(t)
  let isUnreachable = false
  const settings = createRuntimeSettings(SETTINGS, {
    // the cast holds because the settings use this form of query only
    query: ((text: string) =>
      isUnreachable ? Promise.reject(new Error('unreachable')) : pool.query(text)) as typeof pool.query
  })
  const polling = pollSettings(settings, pino({ level: 'silent' }), 10)
  t.teardown(polling.close)
  let notifications = 0
  const unwatch = settings.watch(() => {
    notifications++
  })
  const change = createChangeSettings(pool, () => NOW)
  await change({ account: 'default', values: { timeZone: 'Asia/Tokyo' }, reset: [], by: 'a test' })
  await eventually('the change is read', () => settings.timeZoneOf('default') === 'Asia/Tokyo')
  t.equal(settings.timeZoneOf('other'), 'UTC')
  isUnreachable = true
  await eventually('the outage is reported', () => polling.trouble() !== null)
  t.equal(settings.timeZoneOf('default'), 'Asia/Tokyo', 'the last known value is kept')
  await pool.query(
    `insert into settings values ('default', 'colour', '"red"', now(), 'x'), ('default', 'clock', '13', now(), 'x'),
      ('other', 'timeZone', '"Mars/Olympus"', now(), 'x')`
  )
  isUnreachable = false
  await eventually('the watcher is notified again', () => notifications === 2)
  t.strictSame([settings.settingsOf('default').clock, settings.timeZoneOf('other')], ['24h', 'UTC'])
  unwatch()
})
