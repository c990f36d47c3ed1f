import t from 'tap'
import { DAY_MS } from '../../../src/lib/instant.js'
import { BEGUN, backfilling, comparedWith, WHOLE } from '../../support/backfilling.js'
import { eventually } from '../../support/eventually.js'

t.test('a process that ends in the middle leaves it to the next one, which reads no finished day again', async t => {
  const { clock, mightyCall, start, untilState, rows } = await backfilling(t, { budget: 12 })
  const first = start()
  const {
    backfill: { id }
  } = await first.backfills.begin(WHOLE)
  await eventually('the quota ends its first day', async () => (await first.backfills.byId(id)).waiting !== null)
  await first.close()
  const left = await first.backfills.byId(id)
  t.match(left, { state: 'running', finishedAt: null })
  const read = left.routes.find(({ route }) => route === 'journal')?.readFrom ?? BEGUN
  t.ok(read > BEGUN && read < WHOLE.interval.until, 'a part of it is done')

  clock.advance(DAY_MS)
  const second = start()
  await eventually(
    'it is done',
    async () => {
      if ((await second.backfills.byId(id)).waiting) clock.advance(DAY_MS)
      return (await second.backfills.byId(id)).state === 'done'
    },
    30_000
  )
  await untilState(second.backfills, id, 'done')
  const { found, wanted } = await comparedWith(mightyCall.truth(), rows)
  t.strictSame(found, wanted)
  const doubled = await rows(
    "select entity from events where type in ('call.reported', 'voicemail.reported', 'message.reported') group by account, kind, entity, fields->>'route' having count(*) > 1"
  )
  t.strictSame(doubled, [], 'nothing was told twice')
  const again = await rows<{ from: string }>(
    "select fields->>'from' as from from events where type = 'range.polled' and fields->>'polled' = 'journal' order by 1 desc"
  )
  t.equal(new Set(again.map(({ from }) => from)).size, again.length, 'and no day was read twice')
})

t.test('what was stopped stays stopped, and goes on where it was when it is asked for again', async t => {
  const { clock, start } = await backfilling(t, { budget: 12 })
  const { backfills, wake } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE)
  await eventually('it waits for the quota', async () => (await backfills.byId(id)).waiting !== null)
  const stopped = await backfills.stop(id)
  t.match(stopped, { state: 'stopped', waiting: null, finishedAt: WHOLE.interval.until })
  t.match(await backfills.stop(id), stopped, 'twice is once')
  clock.advance(2 * DAY_MS)
  wake()
  t.match(await backfills.begin(WHOLE), { outcome: 'resumed', backfill: { id, routes: stopped.routes } })
  await eventually(
    'it is done',
    async () => {
      if ((await backfills.byId(id)).waiting) clock.advance(DAY_MS)
      return (await backfills.byId(id)).state === 'done'
    },
    30_000
  )
  t.match(await backfills.stop(id), { state: 'done' })
  const { outcome, backfill } = await backfills.begin(WHOLE)
  t.equal(outcome, 'begun', 'what is done is read anew')
  t.not(backfill.id, id)
})

t.test('of two processes one backfills, and the other takes over', async t => {
  const { start, untilState, rows } = await backfilling(t)
  const [one, two] = [start(), start()]
  const {
    backfill: { id }
  } = await one.backfills.begin(WHOLE)
  two.wake()
  const { routes } = await untilState(one.backfills, id, 'done')
  t.equal(
    routes.reduce((sum, { requests }) => sum + requests, 0) + 1,
    (await rows('select from quota_permits')).length,
    'one token: one process has asked'
  )
  await one.close()
  const { backfill } = await two.backfills.begin(WHOLE)
  await untilState(two.backfills, backfill.id, 'done')
})
