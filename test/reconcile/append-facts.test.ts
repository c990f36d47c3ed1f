import t from 'tap'
import type { Event } from '../../src/events/event.js'
import { createFactAppender } from '../../src/reconcile/append-facts.js'
import type { Fact } from '../../src/reconcile/route-reader.js'
import { appending, call, contact, gone, message, presence, range, told } from '../support/appending.js'
import { projectorOf } from '../support/company.js'

const idsOf = (events: readonly Event[]) => events.map(event => event.id)

for (const isProjected of [true, false]) {
  const when = isProjected ? 'projected' : 'not projected yet'
  t.test(`A, B and A again are three facts, and the same again is none, while they are ${when}`, async t => {
    const { start, project, events, rows } = await appending(t)
    const append = start()
    const counts: number[] = []
    for (const [i, read] of [false, false, true, true, false, false].entries()) {
      counts.push((await append([message(read, i)])).length)
      if (isProjected) await project()
    }
    t.strictSame(counts, [1, 0, 1, 0, 1, 0])
    await project()
    t.equal(new Set(idsOf(await events())).size, 3)
    t.match(await rows('sms_logs'), [{ message_id: 'm1', read: false, state: 'received' }])
  })

  t.test(`a contact that was removed and added again is two more facts, while they are ${when}`, async t => {
    const { start, project, events, rows } = await appending(t)
    const append = start()
    for (const [i, fact] of [contact, gone, gone, contact, contact].entries()) {
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

t.test('what comes in one page follows itself', async t => {
  const { start, project, rows } = await appending(t)
  const appended = await start()([message(false, 0), message(true, 0), message(true, 0), message(false, 0)])
  t.equal(new Set(idsOf(appended)).size, 3)
  t.equal(
    new Set(appended.map(event => event.occurredAt)).size,
    3,
    'each later than the one before, or the fold could not tell'
  )
  await project()
  t.match(await rows('sms_logs'), [{ read: false }])
})

t.test('a process that was killed between the append and its cursor appends the same events again', async t => {
  const { start, events, project, rows } = await appending(t)
  await start()([message(false, 0)])
  await project()
  const page = [message(true, 1), contact(1), call('calls', 'missed', 1), range(3, 1)]
  const first = idsOf(await start()(page))
  const again = idsOf(await start()(page.map(fact => ({ ...fact, ...told(7) }))))
  t.strictSame(again, first, 'the next process cannot know, and gives them the same ids')
  await project()
  t.strictSame(
    idsOf(await start()(page)),
    [first[3]],
    'once they are projected only the range is told again, as the same event'
  )
  t.equal(new Set(idsOf(await events())).size, 5)
  t.equal((await rows('events')).length, 5)
})

t.test('an append that failed may be repeated, and what failed is not taken for told', async t => {
  const { pool, log, events } = await appending(t)
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
  await t.rejects(append([message(false, 0)]), { message: 'the disk is full' })
  broken = false
  const [event] = await append([message(false, 1)])
  t.strictSame(idsOf(await events()), [event?.id])
})

t.test('appends of one process wait for one another', async t => {
  const { start, events } = await appending(t)
  const append = start()
  await Promise.all(Array.from({ length: 5 }, (_, i) => append([message(i % 2 === 1, i)])))
  t.equal(new Set(idsOf(await events())).size, 5)
})

t.test('two routes that tell of one call do not disturb each other', async t => {
  const { start, project, rows } = await appending(t)
  const append = start()
  const counts: number[] = []
  for (const minute of [0, 1, 2]) {
    counts.push((await append([call('calls', 'missed', minute), call('journal', 'voicemail', minute)])).length)
    await project()
  }
  t.strictSame(counts, [2, 0, 0])
  t.match(await rows('call_history'), [
    { call_id: 'c1', outcome: 'voicemail', rest_events: 2, client_number: '+15559371200' }
  ])
})

t.test('neither what MightyCall sent nor how a call was found is news', async t => {
  const { start, project } = await appending(t)
  await start()([call('calls', 'missed', 0)])
  await project()
  const [same] = [call('calls', 'missed', 1)]
  t.strictSame(await start()([{ ...same, raw: { lastUsed: true }, inferred: true } as Fact]), [])
})

t.test('REST contradicts a webhook on a presence, be it by what it said last', async t => {
  const { start, project, rows, pool } = await appending(t)
  const append = start()
  await append([presence('available', 0)])
  await project()
  const webhook: Event = {
    ...told(1),
    type: 'status.reported',
    id: '7e734dc1-544d-4f04-8ccc-8bd5b197a88c',
    source: 'webhook',
    extension: '101',
    route: 'webhook',
    presence: 'dnd'
  }
  await projectorOf(pool, { logId: 'another' })([webhook])
  t.equal((await append([presence('available', 2)])).length, 1)
  await project()
  t.strictSame(
    (await rows('agent_presence order by since')).map(row => row.presence),
    ['available', 'dnd', 'available']
  )
})

t.test('a clock that was set back does not make an old fact the newest', async t => {
  const { start, project, rows } = await appending(t)
  await start()([message(false, 30)])
  await project()
  await start()([message(true, 10)])
  await project()
  t.match(await rows('sms_logs'), [{ read: true }])
})

t.test('a range is told for each count that it had', async t => {
  const { start, project, rows, events } = await appending(t)
  const append = start()
  for (const [i, count] of [3, 3, 4].entries()) await append([range(count, i)])
  t.equal(new Set(idsOf(await events())).size, 2)
  await project()
  t.match(await rows('polled_ranges'), [{ polled: 'calls', count: 4 }])
})

t.test('a memory that is too small loses nothing', async t => {
  const { pool, log, events, project, rows } = await appending(t)
  const { append } = createFactAppender({ pool, log, maxRemembered: 1 })
  for (const minute of [0, 1, 2])
    await append(['m1', 'm2', 'm3'].map(messageId => message(true, minute, { messageId })))
  t.equal(new Set((await events()).map(event => event.id)).size, 3, 'what it forgot is told again, as the same events')
  await project()
  t.equal((await rows('sms_logs')).length, 3)
})

t.test('what old rows say of an agent is told only where nothing is known, and all else as ever', async t => {
  const { start, project } = await appending(t)
  const agent = (name: string, minute: number): Fact => ({
    ...told(minute),
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
  t.equal((await append([message(false, 2), agent('Dee Miller', 2)], { isPast: true })).length, 1)
  t.equal((await append([agent('Dee Miller', 3)])).length, 1)
})
