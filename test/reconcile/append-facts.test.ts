import t from 'tap'
import type { Event } from '../../src/events/event.js'
import { createFactAppender } from '../../src/reconcile/append-facts.js'
import type { Fact } from '../../src/reconcile/route-reader.js'
import { projectorOf } from '../support/company.js'
import {
  callReported,
  contactRemoved,
  contactReported,
  messageReported,
  presenceReported,
  rangePolled,
  restFields,
  setUpFactAppender
} from '../support/fact-appender.js'

const idsOf = (events: readonly Event[]) => events.map(event => event.id)

for (const isProjected of [true, false]) {
  const when = isProjected ? 'projected' : 'not projected yet'
  t.test(
    `each change of a value is a fact, also back to an earlier one, and a repeated value is not: facts ${when}`,
    async t => {
      const { start, project, events, rows } = await setUpFactAppender(t)
      const append = start()
      const counts: number[] = []
      for (const [i, read] of [false, false, true, true, false, false].entries()) {
        counts.push((await append([messageReported(read, i)])).length)
        if (isProjected) await project()
      }
      t.strictSame(counts, [1, 0, 1, 0, 1, 0])
      await project()
      t.equal(new Set(idsOf(await events())).size, 3)
      t.match(await rows('sms_logs'), [{ message_id: 'm1', read: false, state: 'received' }])
    }
  )

  t.test(`removing a contact and adding it again are two facts: facts ${when}`, async t => {
    const { start, project, events, rows } = await setUpFactAppender(t)
    const append = start()
    for (const [i, fact] of [
      contactReported,
      contactRemoved,
      contactRemoved,
      contactReported,
      contactReported
    ].entries()) {
      await append([fact(i)])
      if (isProjected) await project()
    }
    t.strictSame(
      (await events()).map(event => event.type),
      ['contact.reported', 'contact.removed', 'contact.reported']
    )
    await project()
    t.match(await rows('contacts'), [{ contact_id: 'k1', name: 'Dee', removed_at: null }])
  })
}

t.test('facts of one page are compared with earlier facts of the same page', async t => {
  const { start, project, rows } = await setUpFactAppender(t)
  const appended = await start()([
    messageReported(false, 0),
    messageReported(true, 0),
    messageReported(true, 0),
    messageReported(false, 0)
  ])
  t.equal(new Set(idsOf(appended)).size, 3)
  t.equal(
    new Set(appended.map(event => event.occurredAt)).size,
    3,
    'each has a later time than the one before, since the fold orders them by time'
  )
  await project()
  t.match(await rows('sms_logs'), [{ read: false }])
})

t.test('a process that was killed between the append and its cursor appends the same events again', async t => {
  const { start, events, project, rows } = await setUpFactAppender(t)
  await start()([messageReported(false, 0)])
  await project()
  const page = [messageReported(true, 1), contactReported(1), callReported('calls', 'missed', 1), rangePolled(3, 1)]
  const first = idsOf(await start()(page))
  const again = idsOf(await start()(page.map(fact => ({ ...fact, ...restFields(7) }))))
  t.strictSame(again, first, 'the next process does not know of the append, and derives the same ids')
  await project()
  t.strictSame(
    idsOf(await start()(page)),
    [first[3]],
    'once they are projected, only the range is appended again, as the same event'
  )
  t.equal(new Set(idsOf(await events())).size, 5)
  t.equal((await rows('events')).length, 5)
})

t.test('a fact whose append failed is appended by the next attempt', async t => {
  const { pool, log, events } = await setUpFactAppender(t)
  let broken = true
  const { append } = createFactAppender({
    pool,
    log: {
      append: async records => {
        if (broken) throw new Error('the disk is full')
        await log.append(records)
      }
    }
  })
  await t.rejects(append([messageReported(false, 0)]), { message: 'the disk is full' })
  broken = false
  const [event] = await append([messageReported(false, 1)])
  t.strictSame(idsOf(await events()), [event?.id])
})

t.test('concurrent appends of one process run one after another', async t => {
  const { start, events } = await setUpFactAppender(t)
  const append = start()
  await Promise.all(Array.from({ length: 5 }, (_, i) => append([messageReported(i % 2 === 1, i)])))
  t.equal(new Set(idsOf(await events())).size, 5)
})

t.test('reports of one call by two routes are compared by route', async t => {
  const { start, project, rows } = await setUpFactAppender(t)
  const append = start()
  const counts: number[] = []
  for (const minute of [0, 1, 2]) {
    counts.push(
      (await append([callReported('calls', 'missed', minute), callReported('journal', 'voicemail', minute)])).length
    )
    await project()
  }
  t.strictSame(counts, [2, 0, 0])
  t.match(await rows('call_history'), [
    { call_id: 'c1', outcome: 'voicemail', rest_events: 2, client_number: '+15559371200' }
  ])
})

t.test('a fact that differs only in its raw row or in how its call was found is not appended again', async t => {
  const { start, project } = await setUpFactAppender(t)
  await start()([callReported('calls', 'missed', 0)])
  await project()
  const same = callReported('calls', 'missed', 1)
  t.strictSame(await start()([{ ...same, raw: { lastUsed: true }, inferred: true } as Fact]), [])
})

t.test('REST overrides the presence that a webhook reported, even with its own last value', async t => {
  const { start, project, rows, pool } = await setUpFactAppender(t)
  const append = start()
  await append([presenceReported('available', 0)])
  await project()
  const webhook: Event = {
    ...restFields(1),
    type: 'status.reported',
    id: '7e734dc1-544d-4f04-8ccc-8bd5b197a88c',
    source: 'webhook',
    extension: '101',
    route: 'webhook',
    presence: 'dnd'
  }
  await projectorOf(pool, { logId: 'another' })([webhook])
  t.equal((await append([presenceReported('available', 2)])).length, 1)
  await project()
  t.strictSame(
    (await rows('agent_presence order by since')).map(row => row.presence),
    ['available', 'dnd', 'available']
  )
})

t.test('a later fact wins although the clock was set back', async t => {
  const { start, project, rows } = await setUpFactAppender(t)
  await start()([messageReported(false, 30)])
  await project()
  await start()([messageReported(true, 10)])
  await project()
  t.match(await rows('sms_logs'), [{ read: true }])
})

t.test('a range is appended once for each count of its rows', async t => {
  const { start, project, rows, events } = await setUpFactAppender(t)
  const append = start()
  for (const [i, count] of [3, 3, 4].entries()) await append([rangePolled(count, i)])
  t.equal(new Set(idsOf(await events())).size, 2)
  await project()
  t.match(await rows('polled_ranges'), [{ polled: 'calls', count: 4 }])
})

t.test('no fact is lost when the appender remembers too few', async t => {
  const { pool, log, events, project, rows } = await setUpFactAppender(t)
  const { append } = createFactAppender({ pool, log, maxRemembered: 1 })
  for (const minute of [0, 1, 2])
    await append(['m1', 'm2', 'm3'].map(messageId => messageReported(true, minute, { messageId })))
  t.equal(
    new Set((await events()).map(event => event.id)).size,
    3,
    'forgotten facts are appended again as the same events'
  )
  await project()
  t.equal((await rows('sms_logs')).length, 3)
})

t.test('a backfill reports an agent only when nothing is known of it, and other facts as usual', async t => {
  const { start, project } = await setUpFactAppender(t)
  const agent = (name: string, minute: number): Fact => ({
    ...restFields(minute),
    type: 'extension.reported',
    extension: '101',
    route: 'journal',
    name,
    email: null,
    role: null,
    externalId: null
  })
  t.equal((await start()([agent('Dee Moss', 1)], { isPast: true })).length, 1)
  await project()
  const append = start()
  t.strictSame(await append([agent('Dee Miller', 2)], { isPast: true }), [])
  t.equal((await append([messageReported(false, 2), agent('Dee Miller', 2)], { isPast: true })).length, 1)
  t.equal((await append([agent('Dee Miller', 3)])).length, 1)
})
