import t from 'tap'
import { DAY_MS } from '../../../src/lib/instant.js'
import {
  COMPANY_BEGAN_AT,
  compareWithTruth,
  SMALL_COMPANY,
  setUpBackfill,
  WHOLE_PERIOD
} from '../../support/backfill.js'
import { eventually } from '../../support/eventually.js'

t.test('the next process resumes an unfinished backfill, and reads no finished day again', async t => {
  const { clock, mightyCall, start, untilState, rows } = await setUpBackfill(t, {
    company: SMALL_COMPANY,
    budget: 12
  })
  const first = start()
  const {
    backfill: { id }
  } = await first.backfills.begin(WHOLE_PERIOD)
  await eventually('the backfill waits for the quota', async () => (await first.backfills.byId(id)).waiting !== null)
  await first.close()
  const left = await first.backfills.byId(id)
  t.match(left, { state: 'running', finishedAt: null })
  const read = left.routes.find(({ route }) => route === 'journal')?.readFrom ?? COMPANY_BEGAN_AT
  t.ok(read > COMPANY_BEGAN_AT && read < WHOLE_PERIOD.interval.until, 'a part of the interval was read')

  clock.advance(DAY_MS)
  const second = start()
  await untilState(second.backfills, id, { state: 'done', onWaiting: () => clock.advance(DAY_MS) })
  const { found, expected } = await compareWithTruth(mightyCall.truth(), rows)
  t.strictSame(found, expected)
  const duplicates = await rows(
    `select entity from events where type in ('call.reported', 'voicemail.reported', 'message.reported')
     group by account, kind, entity, fields->>'route' having count(*) > 1`
  )
  t.strictSame(duplicates, [], 'no fact was appended twice')
  const readIntervals = await rows<{ from: string }>(
    `select fields->>'from' as from from events
     where type = 'range.polled' and fields->>'polled' = 'journal' order by 1 desc`
  )
  t.equal(new Set(readIntervals.map(({ from }) => from)).size, readIntervals.length, 'no day was read twice')
})

t.test('a stopped backfill stays stopped, and resumes where it stopped when it is requested again', async t => {
  const { clock, start, untilState } = await setUpBackfill(t, { company: SMALL_COMPANY, budget: 12 })
  const { backfills, wake } = start()
  const {
    backfill: { id }
  } = await backfills.begin(WHOLE_PERIOD)
  await eventually('the backfill waits for the quota', async () => (await backfills.byId(id)).waiting !== null)
  const stopped = await backfills.stop(id)
  t.match(stopped, { state: 'stopped', waiting: null, finishedAt: WHOLE_PERIOD.interval.until })
  t.match(await backfills.stop(id), stopped, 'stopping again has no effect')
  clock.advance(2 * DAY_MS)
  wake()
  t.match(await backfills.begin(WHOLE_PERIOD), { outcome: 'resumed', backfill: { id, routes: stopped.routes } })
  await untilState(backfills, id, { state: 'done', onWaiting: () => clock.advance(DAY_MS) })
  t.match(await backfills.stop(id), { state: 'done' })
  const { outcome, backfill } = await backfills.begin(WHOLE_PERIOD)
  t.equal(outcome, 'begun', 'a finished interval is read again by a new backfill')
  t.not(backfill.id, id)
})

t.test('one of two processes backfills, and the other one takes over when it ends', async t => {
  const { start, untilState, rows } = await setUpBackfill(t, { company: SMALL_COMPANY })
  const [one, two] = [start(), start()]
  const {
    backfill: { id }
  } = await one.backfills.begin(WHOLE_PERIOD)
  two.wake()
  const { routes } = await untilState(one.backfills, id, { state: 'done' })
  t.equal(
    routes.reduce((sum, { requests }) => sum + requests, 0) + 1,
    (await rows('select from quota_permits')).length,
    'the only request besides rows is one for a token, so only one process sent requests'
  )
  await one.close()
  const { backfill } = await two.backfills.begin(WHOLE_PERIOD)
  await untilState(two.backfills, backfill.id, { state: 'done' })
})
