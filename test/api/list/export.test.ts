import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { freshDatabase } from '../../support/database.js'
import { ADMIN_API_KEY, queryApi } from '../../support/query-api.js'

/** Names that a client may have chosen, including spreadsheet formulas. */
const NAMES = ['=1+1', '+1 call me', '-2', '@SUM(A1)', '\tx', '＝1', 'a "quoted", name', 'two\nlines', 'plain', ' =2']

async function api(t: Test, calls: number) {
  const { pool } = await freshDatabase(t)
  await pool.query(
    `insert into call_history (account, call_id, direction, state, outcome, client_number, client_name, started_at,
       last_event_at, webhook_events, rest_events)
     select 'default', 'call-' || n, 'inbound', 'ended', 'answered', '+15550001234', ($2::text[])[n],
       '2026-01-01'::timestamptz + n * interval '1 s', now(), 1, 0
     from generate_series(1, $1::int) n`,
    [calls, NAMES]
  )
  return { pool, ...(await queryApi(t, pool, () => new Date('2026-06-01'))) }
}

t.test('CSV has a header and a line for each call, regardless of the limit, and no formulas', async t => {
  const { get } = await api(t, 1_203)
  const { headers, body } = await get('/v1/calls?format=csv&limit=2&sort=startedAt')
  t.match(headers, { 'content-type': /^text\/csv/, 'content-disposition': 'attachment; filename="calls.csv"' })
  const lines = body.replace('two\nlines', 'two lines').trimEnd().split('\r\n')
  t.equal(lines.length, 1 + 1_203)
  t.match(lines[0], /^account,id,direction,state,outcome,businessNumber,client\.number,client\.name,startedAt/)
  t.ok(
    lines.slice(1).every((line, i) => line.startsWith(`default,call-${i + 1},inbound,ended,answered,,+15550001234,`)),
    'phone numbers are not escaped'
  )
  const escaped = [
    '"\'=1+1"',
    '"\'+1 call me"',
    '"\'-2"',
    '"\'@SUM(A1)"',
    '"\'\tx"',
    '"\'＝1"',
    '"a ""quoted"", name"',
    '"two lines"',
    'plain',
    '"\' =2"'
  ]
  t.strictSame(
    lines.slice(1, 11).map(line => line.split('+15550001234,')[1]?.split(',2026')[0]),
    escaped
  )
})

t.test('NDJSON contains each call as the list returns it, from the cursor onwards', async t => {
  const { get } = await api(t, 1_203)
  const { data, nextCursor } = (await get('/v1/calls?limit=200')).json<{ data: object[]; nextCursor: string }>()
  const { headers, body } = await get('/v1/calls?format=ndjson')
  const rows = body
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { id: string })
  t.match(headers, {
    'content-type': /^application\/x-ndjson/,
    'content-disposition': 'attachment; filename="calls.ndjson"'
  })
  t.strictSame(rows.slice(0, 200), data)
  t.equal(new Set(rows.map(row => row.id)).size, 1_203)
  t.equal((await get(`/v1/calls?format=ndjson&cursor=${nextCursor}`)).body.trimEnd().split('\n').length, 1_003)
})

t.test('the export of an empty list is the header, or nothing', async t => {
  const { get } = await api(t, 0)
  t.match((await get('/v1/calls?format=csv')).body, /^account,[^\n]*\r\n$/)
  t.equal((await get('/v1/calls?format=ndjson')).body, '')
  t.equal(
    (await get('/v1/voicemails?format=csv')).body,
    'account,id,callId,businessNumber,client.number,client.name,at,durationSeconds,' +
      'transcript.state,transcript.text,read,recording.id,removedAt\r\n'
  )
})

t.test(
  'a client that does not read blocks no database connection, and a failure during an export breaks the connection',
  async t => {
    const { app, pool } = await api(t, 60_000)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const request = http.get({
      port,
      host: '127.0.0.1',
      path: '/v1/calls?format=ndjson',
      headers: { authorization: `Bearer ${ADMIN_API_KEY}` }
    })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    await once(response, 'readable') // the body is not read
    // waits for locks on the table: with an open transaction it would hang
    await pool.query('alter table call_history rename to missing')
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    const end = await once(response, 'end').then(
      () => 'end',
      () => 'broken'
    )
    t.equal(end, 'broken')
    const lines = text.split('\n').length
    t.ok(lines > 100 && lines < 60_000, `${lines} lines arrived`)
  }
)

t.test('a failure before the first row is an error response', async t => {
  const { get, pool } = await api(t, 0)
  await pool.query('alter table call_history rename to missing')
  t.match((await get('/v1/calls?format=csv')).json(), { statusCode: 503, code: 'MCS_NOT_MIGRATED' })
  t.equal((await get('/v1/calls?format=csv&cursor=abc')).statusCode, 400)
})

t.test('the statistics, the completeness and the audit log are exported as well', async t => {
  const { get, pool } = await api(t, 3)
  await pool.query(
    "insert into mightycall_extensions (account, extension, created_at) values ('default', '101', now())"
  )
  await pool.query(
    `insert into audit_log (at, actor, action, account, subject, details)
    values ('2026-05-01T10:00:00.5Z', 'admin', 'key.created', 'default', 'Shop;=1+1', '{}')`
  )
  const files: [url: string, name: string, first: RegExp, rows: RegExp][] = [
    [
      '/v1/stats/calls?since=2026-01-01&until=2026-01-03&groupBy=direction&bucket=day&',
      'call-statistics',
      /^start,group,calls,inbound,/,
      /^"2026-01-01 01:00:00",inbound,3,3,[^\n]*\n"2026-01-02 01:00:00",inbound,0,/
    ],
    [
      '/v1/stats/calls?since=2026-01-01&until=2026-01-03&table=totals&',
      'call-statistics',
      /^group,calls,inbound,.*wait\.totalSeconds,wait\.averageSeconds/,
      /^,3,3,/
    ],
    ['/v1/stats/agents?', 'agent-statistics', /^account,extension,name,offered,/, /^default,101,,0,/],
    [
      '/v1/completeness?since=2026-05-31T20:00:00Z&',
      'completeness-hours',
      /^account,hour,businessNumber,state,/,
      /^(default,"2026-0\d-\d\d \d\d:00:00",,unknown,[^\n]*\n)*$/
    ],
    ['/v1/completeness?table=gaps&', 'completeness-gaps', /^account,kind,id,businessNumber,hour,missing/, /^$/],
    ['/v1/completeness?table=statistics&', 'completeness-statistics', /^account,notifications,copies,/, /^/],
    [
      '/v1/audit?',
      'audit',
      /^id,at,actor,action,account,subject,details/,
      /^\d+,"2026-05-01 12:00:00",admin,key\.created,default,"Shop;'=1\+1",/
    ]
  ]
  const { get: berlin } = await queryApi(t, pool, () => new Date('2026-06-01'), {
    zonesOf: () => ['Europe/Berlin']
  })
  for (const [url, name, header, rows] of files) {
    const { headers, body } = await berlin(`${url}format=csv&bom=true&times=local`)
    t.equal(headers['content-disposition'], `attachment; filename="${name}.csv"`, url)
    t.ok(body.startsWith('\uFEFF'), `${url}: byte order mark`)
    const [first = '', ...lines] = body.slice(1).replaceAll('\r\n', '\n').split('\n')
    t.match(first, header, url)
    if (!url.includes('stats/calls')) t.match(lines.join('\n'), rows, url)
    const plain = await get(`${url}format=csv`)
    t.ok(plain.body.startsWith(first), `${url}: no byte order mark unless it is asked for`)
    t.notMatch(plain.body, /\d{4}-\d\d-\d\d \d\d:/, `${url}: UTC unless local times are asked for`)
    t.equal((await get(`${url}bom=true`)).statusCode, 400, `${url}: only a csv file has one`)
  }
  for (const query of ['format=csv&times=none', 'format=ndjson&times=local', 'table=totals', 'table=hours&format=csv'])
    t.equal((await get(`/v1/stats/calls?${query}`)).statusCode, 400, query)
})
