import t, { type Test } from 'tap'
import { freshDatabase } from '../../support/database.js'
import { queryApi } from '../../support/query-api.js'

const T1 = '11111111-1111-4111-8111-111111111111'
const T2 = '22222222-2222-4222-8222-222222222222'
const api = shared(t)

const CASES: Record<string, [query: string, ids: string[]][]> = {
  '/v1/calls': [
    ['?minDurationSeconds=60', ['long']],
    ['?maxDurationSeconds=60', ['short']],
    ['?minDurationSeconds=5&maxDurationSeconds=30', ['short']],
    ['?minDurationSeconds=0', ['long', 'short']],
    ['?group=sales', ['long']],
    ['?group=other', []],
    ['?hasRecording=true', ['long']],
    ['?hasRecording=false', ['open', 'missed', 'short']],
    ['?q=lovelace', ['short']],
    ['?q=LOVE%20ada', ['short']],
    ['?q=5550009999', ['missed']],
    ['?q=(555)%20000-9999', ['missed']],
    ['?q=9999', ['missed']],
    ['?q=%25%25%25', []],
    ['?q=unknown', []],
    ['?q=%C3%96zg%C3%BCr', ['long']],
    ['?q=%C3%B6zg%C3%BCr', ['long']],
    ['?q=1111', ['open', 'short']]
  ],
  '/v1/voicemails': [
    ['', ['v3', 'v2', 'v1']],
    ['?removed=true', ['v4', 'v3', 'v2', 'v1']],
    ['?sort=at', ['v1', 'v2', 'v3']],
    ['?unread=true', ['v1']],
    ['?unread=false', ['v3', 'v2']],
    ['?q=refund', ['v2']],
    ['?q=REFUND%20order', ['v2']],
    ['?q=100%25', ['v3']],
    ['?client=555-000-1111', ['v2', 'v1']],
    ['?businessNumber=%2B15551110002', ['v3']],
    ['?since=2026-01-02', ['v3', 'v2']],
    ['?until=2026-01-02', ['v1']],
    ['?account=unknown', []],
    ['?client=a%00b', []]
  ],
  '/v1/messages': [
    ['', ['m4', 'm3', 'm2', 'm1']],
    ['?direction=outbound', ['m3']],
    ['?direction=inbound&direction=outbound', ['m4', 'm3', 'm2', 'm1']],
    ['?state=failed', ['m3']],
    ['?state=received&state=sent', ['m4', 'm2', 'm1']],
    ['?extension=101', ['m3']],
    [`?thread=${T1}`, ['m3', 'm2', 'm1']],
    ['?unread=true', ['m2']],
    ['?unread=false', ['m4', 'm3', 'm1']],
    ['?q=hello', ['m1']],
    ['?client=%2B15550009999', ['m4']],
    ['?removed=true&q=gone', ['m5']]
  ],
  '/v1/threads': [
    ['', [T2, T1]],
    ['?sort=at', [T1, T2]],
    ['?unread=true', [T1]],
    ['?unread=false', [T2]],
    ['?q=hello', [T1]],
    ['?q=gone', []],
    ['?client=555-000-9999', [T2]],
    ['?until=2026-01-04', [T1]],
    ['?since=2026-01-04', [T2]]
  ],
  '/v1/contacts': [
    ['', ['c3', 'c2', 'c1']],
    ['?sort=-name', ['c1', 'c2', 'c3']],
    ['?removed=true', ['c3', 'c2', 'c1', 'c4']],
    ['?client=555-000-1111', ['c1']],
    ['?q=gra', ['c1']],
    ['?q=0001111', ['c1']]
  ],
  '/v1/numbers': [
    ['', ['+15551110001', '+15551110002']],
    ['?active=false', ['+15551110002']],
    ['?smsEnabled=true', ['+15551110001']],
    ['?smsEnabled=false', ['+15551110002']],
    ['?q=sales', ['+15551110001']],
    ['?businessNumber=555-111-0002', ['+15551110002']],
    ['?sort=-number', ['+15551110002', '+15551110001']]
  ],
  '/v1/events': [
    ['', ['e2', 'm1', 'e1']],
    ['?kind=message', ['m1']],
    ['?entity=e1', ['e1']],
    ['?entity=e1&kind=message', []],
    ['?kind=call&kind=message&sort=receivedAt', ['e1', 'm1', 'e2']],
    ['?since=2026-01-02&kind=call', ['e2']],
    ['?account=other', []],
    ['?entity=a%00b', []]
  ]
}

for (const [url, cases] of Object.entries(CASES)) {
  t.test(`${url}: each filter selects its rows`, async t => {
    const { ids } = await api
    for (const [query, expected] of cases) t.strictSame(await ids(`${url}${query}`), expected, query)
  })
}

t.test('invalid filter values are rejected', async t => {
  const { get } = await api
  for (const query of [
    '/v1/calls?q=ab',
    '/v1/calls?q=a%20b',
    '/v1/calls?minDurationSeconds=-1',
    '/v1/calls?minDurationSeconds=x',
    '/v1/calls?hasRecording=maybe',
    '/v1/calls?group=sales&asOf=2026-02-01',
    '/v1/messages?thread=x',
    '/v1/messages?state=gone',
    '/v1/messages?direction=up',
    '/v1/events?kind=x',
    '/v1/voicemails?unread=1',
    '/v1/contacts?since=2026-01-01'
  ]) {
    t.match((await get(query)).json(), { statusCode: 400, code: 'MCS_INVALID_PARAMETER' }, query)
  }
})

t.test('an instant whose year has five digits in UTC is rejected by every parameter', async t => {
  const { get } = await api
  const instant = encodeURIComponent('9999-12-31T23:59:59-23:59')
  for (const query of [
    '/v1/calls?since',
    '/v1/calls?until',
    '/v1/calls?asOf',
    '/v1/voicemails?until',
    '/v1/agents?asOf',
    '/v1/completeness?until',
    '/v1/stats/agents?until',
    '/v1/stats/calls?until',
    '/v1/audit?until'
  ]) {
    t.match((await get(`${query}=${instant}`)).json(), { statusCode: 400, code: 'MCS_INVALID_PARAMETER' }, query)
  }
})

t.test('asOf accepts the same filters', async t => {
  const { get } = await api
  for (const query of ['minDurationSeconds=60', 'hasRecording=true', 'q=lovelace'])
    t.equal((await get(`/v1/calls?asOf=2026-02-01&${query}`)).statusCode, 200)
})

async function shared(t: Test) {
  const { pool } = await freshDatabase(t)
  await pool.query(
    `insert into call_history (account, call_id, direction, state, outcome, business_number, client_number,
       client_name, started_at, talk_seconds, last_event_at, recording_id, webhook_events, rest_events)
     values
       ('default', 'short', 'inbound', 'ended', 'answered', '+15551110001', '+15550001111',
         'Ada Lovelace', '2026-01-01', 20, now(), null, 1, 0),
       ('default', 'long', 'outbound', 'ended', 'answered', '+15551110001', '+15550002222',
         'Özgür', '2026-01-02', 90, now(), 'r', 1, 0),
       ('default', 'missed', 'inbound', 'ended', 'missed', '+15551110002', '+15550009999',
         null, '2026-01-03', null, now(), null, 1, 0),
       ('default', 'open', 'inbound', 'ringing', null, '+15551110002', '+15550001111',
         null, '2026-01-04', null, now(), null, 1, 0)`
  )
  await pool.query("update call_history set group_id = 'sales' where call_id = 'long'")
  await pool.query(
    `insert into voicemail_logs
       (account, voicemail_id, business_number, client_number, left_at, read, transcript_text, removed_at)
     values
       ('default', 'v1', '+15551110001', '+15550001111', '2026-01-01', false, 'hello', null),
       ('default', 'v2', '+15551110001', '+15550001111', '2026-01-02', true, 'Refund my order', null),
       ('default', 'v3', '+15551110002', '+15550009999', '2026-01-03', null, '100% sure', null),
       ('default', 'v4', '+15551110002', '+15550009999', '2026-01-04', false, null, now())`
  )
  await pool.query(
    `insert into sms_logs (account, message_id, thread_id, direction, business_number, client_number, extension, text,
       attachments, sent_at, state, read, removed_at)
     values
       ('default', 'm1', '${T1}', 'inbound', '+15551110001', '+15550001111', null, 'Hello there',
         '[]', '2026-01-01', 'received', true, null),
       ('default', 'm2', '${T1}', 'inbound', '+15551110001', '+15550001111', null, 'and',
         '[]', '2026-01-02', 'received', false, null),
       ('default', 'm3', '${T1}', 'outbound', '+15551110001', '+15550001111', '101', null,
         '[]', '2026-01-03', 'failed', null, null),
       ('default', 'm4', '${T2}', 'inbound', '+15551110001', '+15550009999', null, 'hi',
         '[]', '2026-01-04', 'received', true, null),
       ('default', 'm5', '${T2}', 'inbound', '+15551110001', '+15550009999', null, 'gone',
         '[]', '2026-01-05', 'received', false, now())`
  )
  await pool.query(
    `insert into contacts values
       ('default', 'c1', 'Grace', '[]', '["+15550001111"]', '[]', null, now()),
       ('default', 'c2', 'Ada', '[]', '[]', '[]', null, now()),
       ('default', 'c3', null, '[]', '[]', '[]', null, now()),
       ('default', 'c4', 'Zed', '[]', '[]', '[]', now(), now())`
  )
  await pool.query(
    `insert into phone_numbers values
       ('default', gen_random_uuid(), null, '+15551110001', 'Sales', true, true, now()),
       ('default', gen_random_uuid(), null, '+15551110002', null, null, false, now())`
  )
  await pool.query(
    `insert into events
     select 'default', kind, entity, gen_random_uuid(), 'x', 'webhook', at::timestamptz, at::timestamptz, '{}', '{}',
       true
     from (values ('call', 'e1', '2026-01-01'), ('message', 'm1', '2026-01-01 12:00'), ('call', 'e2', '2026-01-02'))
       v (kind, entity, at)`
  )
  await pool.query('insert into entities select account, kind, entity, 1, null from events')
  const { get } = await queryApi(t, pool, () => new Date('2026-06-01'))
  const ids = async (url: string) =>
    (await get(url))
      .json<{ data: { id: string; entity?: string; number?: string }[] }>()
      .data.map(item => item.entity ?? item.number ?? item.id)
  return { get, ids }
}
