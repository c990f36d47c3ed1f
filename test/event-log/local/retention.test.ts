import t from 'tap'
import { DAY_MS } from '../../../src/lib/instant.js'
import { eventually } from '../../support/eventually.js'
import { gather } from '../support/gather.js'
import { appendEach, openLog, record, segmentsIn, tempDir } from './support/log.js'

const texts = Array.from({ length: 20 }, (_, i) => `${i}`)

t.test(
  'a segment is removed when it is old and every reader has handled it, and the rest is readable after a restart',
  async t => {
    const dir = tempDir(t)
    const options = { dir, segmentBytes: 300, maxAgeMs: DAY_MS, now: () => Date.now() + 2 * DAY_MS }
    const log = await openLog(t, options)
    await appendEach(log, texts)
    const all = segmentsIn(dir).length
    t.equal(await log.retain(), 0, 'no reader has handled it')
    const held = await gather(t, log, {
      handle: async ({ records }) => {
        if (records.some(({ value }) => String(value) === '12')) throw new Error('not now')
      }
    })
    await eventually('the next batch was rejected', () => held.subscription.trouble() !== null)
    const removed = await log.retain()
    await held.subscription.close()
    const read = await gather(t, log)
    await eventually('the remaining records arrive', () => read.values().includes('19'))
    t.ok(read.values().includes('12'), `${removed} of ${all} went, and not what is unhandled`)
    await eventually(
      'the other segments are removed',
      async () => (await log.retain()) > 0 || segmentsIn(dir).length === 1
    )
    t.equal(segmentsIn(dir).length, 1, 'the last segment stays')
    await log.close()
    const again = await openLog(t, options)
    await again.append([record('20')])
    const { values } = await gather(t, again)
    await eventually('appends continue', () => values().includes('20'))
  }
)

t.test('a recent segment stays unless the log is nearly full', async t => {
  const [young, full] = [tempDir(t), tempDir(t)]
  for (const [dir, maxBytes, stay] of [
    [young, Infinity, true],
    [full, 1_000, false]
  ] as const) {
    const log = await openLog(t, { dir, segmentBytes: 300, maxAgeMs: DAY_MS, maxBytes })
    const { values } = await gather(t, log)
    await appendEach(log, texts.slice(0, 16)).catch(() => {})
    await eventually('some records arrive', () => values().length > 5)
    const before = segmentsIn(dir).length
    await eventually('retention has run', async () => (stay ? (await log.retain()) === 0 : (await log.retain()) > 0))
    t.equal(segmentsIn(dir).length === before, stay)
  }
})
