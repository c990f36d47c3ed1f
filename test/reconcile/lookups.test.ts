import t, { type Test } from 'tap'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { readRoute } from '../../src/reconcile/read-route.js'
import type { AccountContext, RouteReader } from '../../src/reconcile/route-reader.js'
import { extensionsReader } from '../../src/reconcile/routes/extensions.js'
import { numbersReader } from '../../src/reconcile/routes/numbers.js'
import { simulateCompany } from '../../src/simulator/company.js'
import { projectorOf } from '../support/company.js'
import { setUpFactAppender } from '../support/fact-appender.js'
import { json } from '../support/mightycall-api.js'
import { setUpReaders } from '../support/route-readers.js'
import { simulatedRest } from '../support/simulated-mightycall.js'

/** Reads a route as the service does, into a log of its own, and projects what was appended. */
async function setUpReading(t: Test, reader: RouteReader, context: AccountContext) {
  const { pool, start, project, events, rows } = await setUpFactAppender(t)
  const append = start()
  const read = async () => {
    await readRoute({ pool, append }, { reader, context, scope: null })
    await project()
  }
  return { pool, read, rows, events }
}

t.test('a number is removed once when it is no longer listed, and reported again when it is listed again', async t => {
  const { context, replies } = await setUpReaders(t)
  const { read, rows, events } = await setUpReading(t, numbersReader, context)
  const active: unknown[] = []
  for (const numbers of [
    ['+15550100001', '+15550100002'],
    ['+15550100001'],
    ['+15550100001'],
    ['+15550100001', '+15550100002'],
    ['+15550100001']
  ]) {
    replies['GET /api/phonenumbers'] = json({
      data: {
        phoneNumbers: numbers.map(number => ({ number, isEnabled: true })),
        deletedPhoneNumbers: [],
        total: numbers.length
      }
    })
    await read()
    active.push((await rows('phone_numbers order by number')).map(row => row.is_active))
  }
  t.strictSame(active, [
    [true, true],
    [true, false],
    [true, false],
    [true, true],
    [true, false]
  ])
  const facts = (await events()).filter(event => event.type !== 'range.polled')
  t.strictSame(
    facts.flatMap(event => ('number' in event && event.number === '+15550100002' ? event.type : [])),
    ['number.reported', 'number.removed', 'number.reported', 'number.removed']
  )
})

t.test('the profile of every extension that took part in a call is read, with or without a user key', async t => {
  const { rest, account, company, clock, truth } = await simulatedRest(t, { companyOptions: { presenceChanges: 0 } })
  const { pool, read, rows } = await setUpReading(t, extensionsReader, {
    account,
    clientOf: extension => rest.clientOf(account, extension),
    permitClass: 'sync',
    now: clock.now
  })
  t.strictSame(Object.keys(account.userKeys), ['101'])
  await read()
  t.match(await rows('mightycall_extensions'), [{ extension: '101', role: 'admin' }], 'no other extension is known yet')
  await projectorOf(pool, { logId: 'webhooks' })(
    simulateCompany(company).notifications.flatMap(
      ({ at, body }) => parseNotification(account, Buffer.from(JSON.stringify(body)), new Date(at)) ?? []
    )
  )
  const seen = await rows('mightycall_extensions order by extension')
  t.ok(seen.length >= 4 && seen.slice(1).every(row => row.display_name === null))
  await read()
  t.strictSame(
    (await rows('mightycall_extensions order by extension')).map(row => [row.extension, row.display_name, row.email]),
    truth()
      .extensions.slice(0, seen.length)
      .map(row => [row.extension, row.displayName, row.email])
  )
})
