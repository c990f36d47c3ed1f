import t from 'tap'
import { withTimeout } from '../../../src/lib/timeout.js'
import { eventually } from '../../support/eventually.js'
import { tempDir } from '../../support/temp-dir.js'
import { record } from '../support/gather.js'
import { openSpooledLog, POISON, type SpooledTestLog, untilDirect } from './spooled.js'

const append = ({ log }: SpooledTestLog, text: string) => log.append([record('default:a', text)])

t.test('nothing is spooled while Kafka accepts records', async t => {
  const spooledLog = await openSpooledLog(t)
  for (const text of ['0', '1']) await append(spooledLog, text)
  t.strictSame(await spooledLog.texts(), ['0', '1'])
  t.strictSame(spooledLog.log.backlog(), { records: 0, bytes: 0, setAside: 0 })
  t.strictSame(spooledLog.lines, [])
})

t.test('records that Kafka refuses wait in the spool with all later ones, and arrive in order', async t => {
  const spooledLog = await openSpooledLog(t)
  await append(spooledLog, '0')
  spooledLog.setMode('down')
  for (const text of ['1', '2', '3']) await append(spooledLog, text)
  t.strictSame(await spooledLog.texts(), ['0'])
  t.match(spooledLog.log.backlog(), { records: 3 })
  t.equal(spooledLog.log.trouble(), null, 'it still accepts records')
  spooledLog.setMode('up')
  await Promise.all(['4', '5'].map(text => append(spooledLog, text)))
  await untilDirect(spooledLog)
  await append(spooledLog, '6')
  t.strictSame(await spooledLog.texts(), ['0', '1', '2', '3', '4', '5', '6'])
  t.strictSame(
    spooledLog.lines.map(({ alarm, msg, drained }) => alarm ?? [msg, drained]),
    ['spooling', ['the spool is drained: records go to Kafka again', 5]],
    'one alarm, not one per record'
  )
  t.strictSame(spooledLog.log.backlog(), { records: 0, bytes: 0, setAside: 0 })
})

t.test('a hanging Kafka does not delay later appends', async t => {
  const spooledLog = await openSpooledLog(t)
  spooledLog.setMode('hanging')
  const first = append(spooledLog, '0')
  spooledLog.setMode('down')
  await first
  spooledLog.setMode('hanging') // the drainer's next try hangs
  for (let i = 1; i < 50; i++) await append(spooledLog, `${i}`)
  t.match(spooledLog.log.backlog(), { records: 50 })
  spooledLog.setMode('up')
  await untilDirect(spooledLog)
  t.strictSame(
    [...new Set(await spooledLog.texts())],
    Array.from({ length: 50 }, (_, i) => `${i}`),
    'in their order, some twice'
  )
})

t.test('a record that Kafka rejects permanently is set aside, and all other records arrive', async t => {
  const spooledLog = await openSpooledLog(t)
  spooledLog.setMode('down')
  await spooledLog.log.append(
    Array.from({ length: 100 }, (_, i) => record('default:a', i === 37 || i === 38 ? POISON : `${i}`))
  )
  spooledLog.setMode('up')
  await untilDirect(spooledLog)
  t.strictSame(
    await spooledLog.texts(),
    Array.from({ length: 100 }, (_, i) => `${i}`).filter(text => text !== '37' && text !== '38')
  )
  t.match(spooledLog.log.backlog(), { records: 0, setAside: 2 })
  t.equal(spooledLog.lines.filter(({ alarm }) => alarm === 'record-set-aside').length, 2)
  t.notMatch(JSON.stringify(spooledLog.lines), /default:a/)
  await append(spooledLog, POISON)
  await untilDirect(spooledLog)
  t.match(spooledLog.log.backlog(), { setAside: 3 }, 'also one that was appended directly')
})

t.test('records of an earlier process are sent first, and drained ones are not sent again', async t => {
  const [kafkaDir, dir] = [tempDir(t), tempDir(t)]
  const before = await openSpooledLog(t, { kafkaDir, dir })
  before.setMode('down')
  await append(before, '0')
  before.setMode('up')
  await untilDirect(before)
  before.setMode('down')
  for (const text of ['1', '2']) await append(before, text)
  await before.log.close()
  const after = await openSpooledLog(t, { kafkaDir, dir })
  await append(after, '3')
  await untilDirect(after)
  t.strictSame(await after.texts(), ['0', '1', '2', '3'])
})

t.test('it returns to direct appends although each sent batch is followed by a new record', async t => {
  const spooledLog = await openSpooledLog(t)
  const appends: Promise<void>[] = []
  spooledLog.beforeKafkaAppend(async () => {
    if (spooledLog.log.backlog().records === 0) return
    const appended = append(spooledLog, String(appends.length + 1))
    appends.push(appended)
    await withTimeout(100, appended).catch(() => {}) // in the handover it waits, and may not be waited for
  })
  spooledLog.setMode('down')
  await append(spooledLog, '0')
  spooledLog.setMode('up')
  await untilDirect(spooledLog)
  spooledLog.beforeKafkaAppend(async () => {})
  await Promise.all(appends)
  t.strictSame(
    await spooledLog.texts(),
    Array.from({ length: appends.length + 1 }, (_, i) => String(i))
  )
})

t.test('it returns to direct appends under continuous load', async t => {
  const spooledLog = await openSpooledLog(t)
  spooledLog.setMode('down')
  let going = true
  const writers = Array.from({ length: 64 }, async (_, writer) => {
    let n = 0
    while (going) await spooledLog.log.append([record(`default:${writer}`, `${writer}-${n++}`)])
    return n
  })
  await eventually('many records wait', () => spooledLog.log.backlog().records > 2_000)
  spooledLog.setMode('up')
  await untilDirect(spooledLog)
  going = false
  const counts = await Promise.all(writers)
  const texts = await spooledLog.texts()
  for (const [writer, count] of counts.entries()) {
    const own = texts.filter(text => text.startsWith(`${writer}-`)).map(text => Number(text.split('-')[1]))
    t.strictSame(
      own,
      Array.from({ length: count }, (_, i) => i)
    )
  }
})
