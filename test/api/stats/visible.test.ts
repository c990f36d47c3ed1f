import t, { type Test } from 'tap'
import type { Viewer } from '../../../src/access/viewer.js'
import { projectedCompany } from '../../support/company.js'
import { START } from '../../support/history.js'
import { queryApi } from '../../support/query-api.js'
import { type CountedRow, countedRows, recount } from '../../support/recount-calls.js'

const [A, B] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'] as const
const B_NUMBER = '+15550009999'
const MOVED_AT = new Date(START + 15 * 3_600_000)

const viewerOf = (organization: string | null, account = 'default'): Viewer => ({
  actor: 'k',
  role: 'viewer',
  account,
  organization
})

/** One number belongs to A, another moves from B to A, and of B's own there are no calls. */
async function shared(t: Test) {
  const { pool } = await projectedCompany(t, { calls: 300, hours: 30 })
  const rows = await countedRows(pool)
  const [own, moved] = [...new Set(rows.flatMap(row => row.business_number ?? []))].sort()
  const owners: [number: string | undefined, organization: string, from: Date, until: Date | null][] = [
    [own, A, new Date(0), null],
    [moved, B, new Date(0), MOVED_AT],
    [moved, A, MOVED_AT, null],
    [B_NUMBER, B, new Date(0), null]
  ]
  for (const [number, organization, from, until] of owners)
    await pool.query(
      `insert into number_ownerships (account, number, organization, owned_from, owned_until)
       values ($1, $2, $3, $4, $5)`,
      ['default', number, organization, from, until]
    )
  const { get } = await queryApi(t, pool, () => new Date(START + 48 * 3_600_000), {
    viewers: { a: viewerOf(A), b: viewerOf(B), all: viewerOf(null), stranger: viewerOf(null, 'other') }
  })
  const isOfA = ({ business_number, started_at }: CountedRow) =>
    business_number === own || (business_number === moved && started_at >= MOVED_AT)
  return { pool, get, rows, isOfA, moved }
}

const QUERY = '/v1/stats/calls?since=2026-11-23&until=2026-11-25'

t.test('an organization gets the sums of its own calls, of a number that moved to it from then on', async t => {
  const { get, rows, isOfA, moved } = await shared(t)
  const totals = async (key: string, more = '') =>
    (await get(`${QUERY}${more}`, key)).json<{ totals: ({ group: string | null } & ReturnType<typeof recount>)[] }>()
      .totals
  const counts = ({
    calls,
    inbound,
    answered,
    missed,
    abandoned,
    voicemail,
    dropped,
    outbound,
    answerRate,
    serviceLevel
  }: ReturnType<typeof recount>) => ({
    calls,
    inbound,
    answered,
    missed,
    abandoned,
    voicemail,
    dropped,
    outbound,
    answerRate,
    serviceLevel
  })
  const sums = async (key: string, more = '') => (await totals(key, more)).map(counts)
  const ofA = rows.filter(isOfA)
  const ofB = rows.filter(row => row.business_number !== null && !isOfA(row))
  t.ok(
    ofA.some(row => row.business_number === moved) && ofB.some(row => row.business_number === moved),
    'the number had calls before and after it moved'
  )
  t.strictSame(await sums('a'), [counts(recount(ofA))])
  t.strictSame(await sums('b'), [counts(recount(ofB))])
  t.strictSame(await sums('all'), [counts(recount(rows))])
  t.strictSame(await sums('stranger'), [counts(recount([]))])
  t.strictSame(await sums('stranger', '&account=default'), [counts(recount([]))], 'asked for by name, too')
  t.strictSame(await sums('a', `&businessNumber=${encodeURIComponent(moved ?? '')}`), [
    counts(recount(ofA.filter(row => row.business_number === moved)))
  ])
  t.strictSame(
    (await totals('a', '&groupBy=businessNumber')).map(({ group, calls }) => [group, calls]),
    [...new Set(ofA.map(row => row.business_number))]
      .sort()
      .map(number => [number, ofA.filter(row => row.business_number === number).length])
  )
})

t.test('agents have the legs of the own calls only, and no occupancy, which others would show in', async t => {
  const { pool, get, isOfA } = await shared(t)
  const { rows: legs } = await pool.query<CountedRow & { extension: string; role: string }>(
    `select l.extension, l.role, c.* from call_legs l join call_history c using (account, call_id)
     where l.extension <> ''`
  )
  const agents = async (key: string) =>
    (await get('/v1/stats/agents?since=2026-11-23&until=2026-11-25', key)).json<{
      data: {
        extension: string
        offered: number
        dialed: number
        occupancy: number | null
        presenceKnownSeconds: number | null
      }[]
    }>().data
  const own = legs.filter(isOfA)
  const count = (extension: string, role: string) =>
    own.filter(leg => leg.extension === extension && leg.role === role).length
  t.strictSame(
    (await agents('a')).map(({ extension, offered, dialed, occupancy, presenceKnownSeconds }) => ({
      extension,
      offered,
      dialed,
      occupancy,
      presenceKnownSeconds
    })),
    [...new Set(own.map(leg => leg.extension))].sort().map(extension => ({
      extension,
      offered: count(extension, 'agent'),
      dialed: count(extension, 'dialer'),
      occupancy: null,
      presenceKnownSeconds: null
    }))
  )
  t.ok((await agents('all')).some(({ occupancy }) => occupancy !== null))
  t.strictSame(await agents('stranger'), [])
})

t.test('now: who waits at another number, or talks about it, is not counted', async t => {
  const { pool, get, moved } = await shared(t)
  for (const [id, businessNumber, state, extension] of [
    ['w1', B_NUMBER, 'waiting', null],
    ['w2', moved, 'ringing', '901'],
    ['w3', B_NUMBER, 'connected', '902'],
    ['w4', moved, 'connected', '903']
  ] as const) {
    const at = new Date(START + 47.99 * 3_600_000)
    await pool.query(
      `insert into call_history (account, call_id, direction, state, business_number, started_at, answered_at,
         last_event_at, webhook_events, rest_events)
       values ('default', $1, 'inbound', $2, $3, $4, $5, $4, 1, 0)`,
      [id, state, businessNumber, at, state === 'connected' ? at : null]
    )
    if (extension)
      await pool.query(
        `insert into call_legs (account, call_id, extension, attempt, role, ringing_at, connected_at)
         values ('default', $1, $2, 1, 'agent', $3, $4)`,
        [id, extension, at, state === 'connected' ? at : null]
      )
  }
  const now = async (key: string) => (await get('/v1/stats/now', key)).json<object>()
  t.match(await now('all'), { waiting: 2, onCall: 2, ringing: 1, inboundToday: 4 })
  t.match(await now('a'), {
    waiting: 1,
    longestWaitSeconds: 36,
    onCall: 1,
    ringing: 1,
    inboundToday: 2,
    answeredToday: 1
  })
  t.match(await now('b'), { waiting: 1, onCall: 1, ringing: 0, inboundToday: 2 })
  t.match(await now('stranger'), {
    waiting: 0,
    longestWaitSeconds: null,
    onCall: 0,
    ringing: 0,
    available: 0,
    unknown: 0,
    inboundToday: 0
  })
})
