import t from 'tap'
import { HOUR_MS } from '../../src/lib/instant.js'
import { eventually } from '../support/eventually.js'
import {
  assertNoSecretsLogged,
  assertWebhooksUnaffected,
  startWithFaultyMightyCall
} from '../support/faulty-mightycall.js'

const MINUTE_MS = 60_000
t.jobs = 4

type Row = Record<string, unknown>

t.test(
  'during a quota block in the middle of a page walk no requests are sent, and afterwards everything is read',
  { buffered: true },
  async t => {
    const setup = await startWithFaultyMightyCall(t)
    const { clock, setFaults, signIn, linesMatching, proxy } = setup
    let blockedAt: number | null = null
    const early: string[] = [] // requests during the block
    proxy.tampering.request = async ({ url }) => {
      if (url.pathname !== '/v4/api/calls') return
      url.searchParams.set('pageSize', '3') // the server returns smaller pages than requested
      if (blockedAt === null && url.searchParams.get('skip') !== '0') {
        blockedAt = proxy.seen.length
        await setFaults({ blockedForSeconds: 30 * 60 })
        void clock
          .wait(29 * MINUTE_MS)
          .then(() => early.push(...proxy.seen.slice(blockedAt ?? 0).map(({ url }) => url.pathname)))
      }
    }
    signIn()
    await eventually('the block is logged', () => linesMatching('"code":"MCS_REST_BLOCKED"').length > 0)
    await setup.untilClosed()
    await setup.untilComplete()
    t.strictSame(early, [], 'no requests were sent during the block')
    t.ok(proxy.seen.length > (blockedAt ?? Number.POSITIVE_INFINITY), 'requests were sent afterwards')
    await assertWebhooksUnaffected(t, setup)
    assertNoSecretsLogged(t, setup)
  }
)

t.test(
  'invalid credentials are tried and reported once, until the accounts are reloaded',
  { buffered: true },
  async t => {
    const setup = await startWithFaultyMightyCall(t)
    const { signIn, linesMatching, proxy, mightyCall, countWebhookEvents, untilClosed } = setup
    const wrong = 'a-key-that-was-revoked'
    signIn(Object.fromEntries(Object.keys(mightyCall.userKeys).map(extension => [extension, wrong])))
    await eventually('the alarm is raised', () => linesMatching('"alarm":"rest-credentials"').length > 0)
    await untilClosed()
    t.equal(proxy.seen.length, 1, 'one request was sent in all that time')
    t.equal(linesMatching('MCS_REST_AUTH').length, 1, 'the error was logged once')
    await eventually('the webhooks are projected', async () => (await countWebhookEvents()) > 10)
    signIn()
    await setup.untilComplete()
    await assertWebhooksUnaffected(t, setup)
    t.equal(linesMatching('MCS_REST_AUTH').length, 1)
    assertNoSecretsLogged(t, { ...setup, secrets: [...setup.secrets, wrong] })
  }
)

t.test('a flag that changes twice yields three facts, and the row has the last value', { buffered: true }, async t => {
  const setup = await startWithFaultyMightyCall(t, { startedHoursAgo: 12 })
  const { pool, proxy, signIn } = setup
  let status = 'UnRead'
  let voicemailId = ''
  proxy.tampering.answers['/v4/api/voicemails'] = data => {
    const rows = data.voicemails as Row[] // the format of the simulator
    voicemailId ||= String(rows.find(row => row.voicemailStatus === 'UnRead')?.id)
    for (const row of rows) if (row.id === voicemailId) row.voicemailStatus = status
  }
  // every poll reads the whole last day again
  proxy.tampering.request = ({ url }) => {
    if (url.pathname === '/v4/api/voicemails') url.searchParams.delete('startUtc')
  }
  const storedFlags = async () =>
    (
      await pool.query<{ read: boolean }>(
        `select (fields->>'read')::bool as read from events
           where kind = 'voicemail' and entity = $1 and fields->>'route' = 'voicemails' order by occurred_at`,
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
    await eventually(
      `${facts.length} facts are stored`,
      async () => (await storedFlags()).length === facts.length,
      60_000
    )
    t.strictSame(await storedFlags(), facts)
    await eventually(
      'the row has the value',
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
    'it is polled several times more',
    () => proxy.seen.filter(({ url }) => url.pathname === '/v4/api/voicemails').length > polls + 3,
    60_000
  )
  t.equal((await storedFlags()).length, 3, 'polls without a change add no facts')
  await assertWebhooksUnaffected(t, setup)
})

t.test('a contact that is removed and added again is restored', { buffered: true }, async t => {
  const setup = await startWithFaultyMightyCall(t, { startedHoursAgo: 12 })
  const { pool, proxy, signIn } = setup
  const contactId = 'c0ffee000000000000000000'
  let isPresent = true
  proxy.tampering.answers['/v4/api/contacts'] = data => {
    ;(data.contacts as Row[]).push({
      contactId,
      firstName: 'Dee',
      tags: ['vip'],
      ...(!isPresent && { state: 'deleted' })
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
    isPresent = wanted
    await eventually(
      wanted ? 'the contact is present' : 'the contact is removed',
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
  await assertWebhooksUnaffected(t, setup)
})

t.test(
  'an unreadable row does not affect others, is reported as drift, and its hour is unknown until it can be read',
  { buffered: true },
  async t => {
    const setup = await startWithFaultyMightyCall(t)
    const { get, proxy, signIn, linesMatching } = setup
    let unreadableId = ''
    proxy.tampering.answers['/v4/api/calls'] = data => {
      const rows = data.calls as Row[] // the format of the simulator
      if (rows.length > 1) unreadableId ||= String(rows[0]?.id)
      for (const row of rows) if (row.id === unreadableId) row.duration = 'Secret 4711'
    }
    signIn()
    await setup.untilClosed()
    await eventually('the alarm is raised', () => linesMatching('"alarm":"rest-rows-unread"').length === 1)
    t.ok(unreadableId)
    const hour =
      Math.floor(Number(setup.mightyCall.truth().calls.find(call => call.id === unreadableId)?.startedAt) / HOUR_MS) *
      HOUR_MS
    const stateOfHour = async () => {
      const { hours } = (await get(
        `/v1/completeness?since=${new Date(hour).toISOString()}&until=${new Date(hour + HOUR_MS).toISOString()}`
      )) as { hours: { state: string }[] }
      return hours.map(({ state }) => state)
    }
    await eventually(
      'its hour is unknown',
      async () => (await stateOfHour()).every(state => state === 'unknown'),
      60_000
    )
    proxy.tampering.answers['/v4/api/calls'] = () => {}
    await setup.untilComplete()
    await eventually(
      'its hour is read again',
      async () => (await stateOfHour()).every(state => ['settling', 'complete'].includes(state)),
      60_000
    )
    const { data: drift } = (await get('/v1/drift')) as { data: Row[] }
    t.match(drift, [{ type: 'GET /calls', field: 'calls[].duration', sample: 'xxxxxx 0000' }])
    t.equal(linesMatching('Secret 4711').length, 0)
    await assertWebhooksUnaffected(t, setup)
  }
)
