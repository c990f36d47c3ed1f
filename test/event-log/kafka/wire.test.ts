import t from 'tap'
import { isRefusedForGood } from '../../../src/event-log/kafka/errors.js'
import { eventually } from '../../support/eventually.js'
import { BROKERS, openTestLog, skip } from '../../support/kafka-log.js'
import { startKafkaProxy } from '../../support/kafka-proxy.js'
import { readAll } from '../conformance/read-all.js'
import { gather, record } from '../support/gather.js'

const [broker = ''] = BROKERS
// over all partitions
const spread = (name: string) => Array.from({ length: 30 }, (_, i) => record(`default:${i}`, `${name} ${i}`))
t.jobs = 3

t.test(
  'a response without one partition fails the whole batch, and a retry stores it',
  { skip, buffered: true },
  async t => {
    const proxy = await startKafkaProxy(t, broker)
    const { log } = await openTestLog(t, { brokers: proxy.brokers })
    await log.append(spread('before'))
    proxy.injectFault('omit partition')
    const error = await log.append(spread('batch')).catch(err => err)
    t.equal(proxy.faultedCount(), 1)
    t.match(error, { code: 'MCS_NOT_STORED', cause: { message: /^the response does not confirm calls\/\d$/ } })
    t.notOk(isRefusedForGood(error))
    t.match(log.trouble(), /does not confirm/)
    await log.append(spread('batch'))
    t.equal(log.trouble(), null)
    const texts = new Set((await readAll(t, log)).map(({ value }) => String(value)))
    t.equal(texts.size, 60)
  }
)

t.test(
  'a response without one partition also fails the appends queued behind the batch',
  { skip, buffered: true },
  async t => {
    const proxy = await startKafkaProxy(t, broker)
    const { log } = await openTestLog(t, { brokers: proxy.brokers })
    await log.append(spread('before'))
    proxy.injectFault('omit partition')
    const results = await Promise.allSettled([...spread('a'), ...spread('b')].map(one => log.append([one])))
    t.equal(proxy.faultedCount(), 1)
    t.ok(results.every(({ status }) => status === 'rejected'))
  }
)

t.test(
  'a lost response fails the append in time, although its records may be stored',
  { skip, buffered: true },
  async t => {
    const proxy = await startKafkaProxy(t, broker)
    const { log } = await openTestLog(t, { brokers: proxy.brokers })
    await log.append([record('default:a', 'before')])
    proxy.injectFault('drop response')
    await t.rejects(log.append([record('default:a', 'unknown')]), { code: 'MCS_NOT_STORED' })
    t.match(log.trouble(), /did not respond in time/)
    await log.append([record('default:a', 'unknown')]) // what the caller does
    t.strictSame(
      (await readAll(t, log)).map(({ value }) => String(value)),
      ['before', 'unknown', 'unknown']
    )
  }
)

t.test('a silent consumer is replaced, and the trouble says so', { skip, buffered: true }, async t => {
  const proxy = await startKafkaProxy(t, broker)
  const { log, lines } = await openTestLog(t, { brokers: proxy.brokers, silenceMs: 1_500 })
  const { values, subscription } = await gather(t, log)
  await log.append([record('default:a', 'before')])
  await eventually('the record arrives', () => values().length === 1)
  proxy.stall()
  await eventually('the silence is detected', () =>
    lines.some(({ problem }) => problem === 'the consumer has been silent for too long')
  )
  t.match(subscription.trouble(), /silent for too long/)
  proxy.resume()
  await eventually('an append succeeds', () =>
    log.append([record('default:a', 'after')]).then(
      () => true,
      () => false
    )
  )
  await eventually('the new consumer reads', () => values().includes('after'), 30_000)
  await eventually('the trouble is over', () => subscription.trouble() === null)
})
