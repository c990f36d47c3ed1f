import t from 'tap'
import { eventually } from '../support/eventually.js'
import {
  assertNoSecretsLogged,
  assertWebhooksUnaffected,
  startWithFaultyMightyCall
} from '../support/faulty-mightycall.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
t.jobs = 2

type Row = Record<string, unknown>

t.test(
  'a quota block in the middle of a page walk: nothing is asked until it ends, and then all is read',
  { buffered: true },
  async t => {
    const world = await startWithFaultyMightyCall(t)
    const { clock, setFaults, signIn, linesMatching, proxy } = world
    let blockedAt: number | null = null
    const early: string[] = [] // asked for while it lasted
    proxy.tampering.request = async ({ url }) => {
      if (url.pathname !== '/v4/api/calls') return
      url.searchParams.set('pageSize', '3') // it gives fewer at once than it is asked for
      if (blockedAt === null && url.searchParams.get('skip') !== '0') {
        blockedAt = proxy.seen.length
        await setFaults({ blockedForSeconds: 30 * 60 })
        const until = clock.now().getTime() + 29 * MINUTE_MS
        void eventually('it ends', () => clock.now().getTime() > until).then(() =>
          early.push(...proxy.seen.slice(blockedAt ?? 0).map(({ url }) => url.pathname))
        )
      }
    }
    signIn()
    await eventually('it is said', () => linesMatching('"code":"MCS_REST_BLOCKED"').length > 0)
    await world.untilClosed()
    await world.untilComplete()
    t.strictSame(early, [], 'nothing was asked meanwhile')
    t.ok(proxy.seen.length > (blockedAt ?? Number.POSITIVE_INFINITY), 'and much was afterwards')
    await assertWebhooksUnaffected(t, world)
    assertNoSecretsLogged(t, world)
  }
)

t.test('a wrong secret is told once and tried once, until the accounts are read again', { buffered: true }, async t => {
  const world = await startWithFaultyMightyCall(t)
  const { signIn, linesMatching, proxy, mightyCall, countWebhookEvents, untilClosed } = world
  const wrong = 'a-key-that-was-taken-back'
  signIn(Object.fromEntries(Object.keys(mightyCall.userKeys).map(extension => [extension, wrong])))
  await eventually('it is an alarm', () => linesMatching('"alarm":"rest-credentials"').length > 0)
  await untilClosed()
  t.equal(proxy.seen.length, 1, 'MightyCall was asked once in all that time')
  t.equal(linesMatching('MCS_REST_AUTH').length, 1, 'and so was a person told')
  await eventually('the webhooks are projected', async () => (await countWebhookEvents()) > 10)
  signIn()
  await world.untilComplete()
  await assertWebhooksUnaffected(t, world)
  t.equal(linesMatching('MCS_REST_AUTH').length, 1)
  assertNoSecretsLogged(t, { ...world, secrets: [...world.secrets, wrong] })
})

t.test(
  'a flag that goes from A to B and back is three facts, and the row has the last',
  { buffered: true },
  async t => {
    const world = await startWithFaultyMightyCall(t, { startedHoursAgo: 12 })
    const { pool, proxy, signIn } = world
    let status = 'UnRead'
    let voicemailId = ''
    proxy.tampering.answers['/v4/api/voicemails'] = data => {
      const rows = data.voicemails as Row[] // as the simulator answers
      voicemailId ||= String(rows.find(row => row.voicemailStatus === 'UnRead')?.id)
      for (const row of rows) if (row.id === voicemailId) row.voicemailStatus = status
    }
    proxy.tampering.request = ({ url }) => {
      if (url.pathname === '/v4/api/voicemails') url.searchParams.delete('startUtc')
    } // all of the last day, again and again
    const told = async () =>
      (
        await pool.query<{ read: boolean }>(
          "select (fields->>'read')::bool as read from events where kind = 'voicemail' and entity = $1 and fields->>'route' = 'voicemails' order by occurred_at",
          [voicemailId]
        )
      ).rows.map(row => row.read)
    signIn()
    for (const [next, facts] of [
      ['UnRead', [false]],
      ['Read', [false, true]],
      ['UnRead', [false, true, false]]
    ] as const) {
      status = next
      await eventually(`${facts.length} facts`, async () => (await told()).length === facts.length, 60_000)
      t.strictSame(await told(), facts)
      await eventually(
        'the row says so',
        async () =>
          (
            await pool.query('select from voicemail_logs where voicemail_id = $1 and read = $2', [
              voicemailId,
              next === 'Read'
            ])
          ).rowCount === 1
      )
    }
    const polls = proxy.seen.filter(({ url }) => url.pathname === '/v4/api/voicemails').length
    await eventually(
      'it is read some times more',
      () => proxy.seen.filter(({ url }) => url.pathname === '/v4/api/voicemails').length > polls + 3,
      60_000
    )
    t.equal((await told()).length, 3, 'which tells nothing new')
    await assertWebhooksUnaffected(t, world)
  }
)

t.test('a contact that is removed and added again has its row back', { buffered: true }, async t => {
  const world = await startWithFaultyMightyCall(t, { startedHoursAgo: 12 })
  const { pool, proxy, signIn } = world
  const contactId = 'c0ffee000000000000000000'
  let isThere = true
  proxy.tampering.answers['/v4/api/contacts'] = data => {
    ;(data.contacts as Row[]).push({
      contactId,
      firstName: 'Dee',
      tags: ['vip'],
      ...(!isThere && { state: 'deleted' })
    })
  }
  const row = async () =>
    (
      await pool.query<{ name: string; removed_at: Date | null }>(
        'select name, removed_at from contacts where contact_id = $1',
        [contactId]
      )
    ).rows[0]
  signIn()
  for (const wanted of [true, false, true]) {
    isThere = wanted
    await eventually(
      wanted ? 'it is there' : 'it is gone',
      async () => {
        const found = await row()
        return found !== undefined && (found.removed_at === null) === wanted
      },
      60_000
    )
  }
  t.match(await row(), { name: 'Dee', removed_at: null })
  t.strictSame(
    (
      await pool.query("select type from events where kind = 'contact' and entity = $1 order by occurred_at", [
        contactId
      ])
    ).rows.map(({ type }) => type),
    ['contact.reported', 'contact.removed', 'contact.reported']
  )
  await assertWebhooksUnaffected(t, world)
})

t.test(
  'a row that cannot be read costs no other, shows as drift, and its hour is not called complete',
  { buffered: true },
  async t => {
    const world = await startWithFaultyMightyCall(t)
    const { get, proxy, signIn, linesMatching } = world
    let bad = ''
    proxy.tampering.answers['/v4/api/calls'] = data => {
      const rows = data.calls as Row[] // as the simulator answers
      if (rows.length > 1) bad ||= String(rows[0]?.id)
      for (const row of rows) if (row.id === bad) row.duration = 'Secret 4711'
    }
    signIn()
    await world.untilClosed()
    await eventually('it is an alarm', () => linesMatching('"alarm":"rest-rows-unread"').length === 1)
    proxy.tampering.answers['/v4/api/calls'] = () => {}
    await world.untilComplete()
    t.ok(bad)
    const hour =
      Math.floor(Number(world.mightyCall.truth().calls.find(call => call.id === bad)?.startedAt) / HOUR_MS) * HOUR_MS
    const states = async () => {
      const { hours } = (await get(
        `/v1/completeness?since=${new Date(hour).toISOString()}&until=${new Date(hour + 4 * HOUR_MS).toISOString()}`
      )) as { hours: { hour: string; state: string }[] }
      return new Map(hours.map(row => [Date.parse(row.hour), row.state]))
    }
    await eventually(
      'a later hour is complete',
      async () => (await states()).get(hour + 3 * HOUR_MS) === 'complete',
      60_000
    )
    t.equal((await states()).get(hour), 'unknown')
    const { data: drift } = (await get('/v1/drift')) as { data: Row[] }
    t.match(drift, [{ type: 'GET /calls', field: 'calls[].duration', sample: 'xxxxxx 0000' }])
    t.equal(linesMatching('Secret 4711').length, 0)
    await assertWebhooksUnaffected(t, world)
  }
)
