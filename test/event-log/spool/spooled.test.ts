import t from 'tap'
import { withTimeout } from '../../../src/lib/timeout.js'
import { eventually } from '../../support/eventually.js'
import { tempDir } from '../../support/temp-dir.js'
import { record } from '../support/gather.js'
import { type Joined, openJoined, POISON, untilDirect } from './spooled.js'

const append = ({ log }: Joined, text: string) => log.append([record('default:a', text)])

t.test('while the far side is fine nothing touches the spool', async t => {
  const joined = await openJoined(t)
  for (const text of ['0', '1']) await append(joined, text)
  t.strictSame(await joined.texts(), ['0', '1'])
  t.strictSame(joined.log.backlog(), { records: 0, bytes: 0, setAside: 0 })
  t.strictSame(joined.lines, [])
})

t.test('what the far side refuses waits in the spool, all that follows behind it, and arrives in order', async t => {
  const joined = await openJoined(t)
  await append(joined, '0')
  joined.weather('down')
  for (const text of ['1', '2', '3']) await append(joined, text)
  t.strictSame(await joined.texts(), ['0'])
  t.match(joined.log.backlog(), { records: 3 })
  t.equal(joined.log.trouble(), null, 'it still takes notifications')
  joined.weather('fine')
  await Promise.all(['4', '5'].map(text => append(joined, text)))
  await untilDirect(joined)
  await append(joined, '6')
  t.strictSame(await joined.texts(), ['0', '1', '2', '3', '4', '5', '6'])
  t.strictSame(
    joined.lines.map(({ alarm, msg, drained }) => alarm ?? [msg, drained]),
    ['spooling', ['the spool is drained: records go to Kafka again', 5]],
    'one alarm, not one for each'
  )
  t.strictSame(joined.log.backlog(), { records: 0, bytes: 0, setAside: 0 })
})

t.test('a far side that hangs holds up nobody who comes later', async t => {
  const joined = await openJoined(t)
  joined.weather('hangs')
  const first = append(joined, '0')
  joined.weather('down')
  await first
  joined.weather('hangs') // the drainer's next try hangs
  for (let i = 1; i < 50; i++) await append(joined, `${i}`)
  t.match(joined.log.backlog(), { records: 50 })
  joined.weather('fine')
  await untilDirect(joined)
  t.strictSame(
    [...new Set(await joined.texts())],
    Array.from({ length: 50 }, (_, i) => `${i}`),
    'in their order, some twice'
  )
})

t.test('a record that the far side will never take is set aside, and all around it arrives', async t => {
  const joined = await openJoined(t)
  joined.weather('down')
  await joined.log.append(
    Array.from({ length: 100 }, (_, i) => record('default:a', i === 37 || i === 38 ? POISON : `${i}`))
  )
  joined.weather('fine')
  await untilDirect(joined)
  t.strictSame(
    await joined.texts(),
    Array.from({ length: 100 }, (_, i) => `${i}`).filter(text => text !== '37' && text !== '38')
  )
  t.match(joined.log.backlog(), { records: 0, setAside: 2 })
  t.equal(joined.lines.filter(({ alarm }) => alarm === 'record-set-aside').length, 2)
  t.notMatch(JSON.stringify(joined.lines), /default:a/)
  await append(joined, POISON)
  await untilDirect(joined)
  t.match(joined.log.backlog(), { setAside: 3 }, 'also one that comes while all is fine')
})

t.test('what an earlier process left is sent first, and what it had drained is not sent again', async t => {
  const [far, dir] = [tempDir(t), tempDir(t)]
  const before = await openJoined(t, { far, dir })
  before.weather('down')
  await append(before, '0')
  before.weather('fine')
  await untilDirect(before)
  before.weather('down')
  for (const text of ['1', '2']) await append(before, text)
  await before.log.close()
  const after = await openJoined(t, { far, dir })
  await append(after, '3')
  await untilDirect(after)
  t.strictSame(await after.texts(), ['0', '1', '2', '3'])
})

t.test('it returns to the straight way though something new comes with every batch that is sent', async t => {
  const joined = await openJoined(t)
  const appends: Promise<void>[] = []
  joined.beforeFarAppend(async () => {
    if (joined.log.backlog().records === 0) return
    const appended = append(joined, String(appends.length + 1))
    appends.push(appended)
    await withTimeout(100, appended).catch(() => {}) // in the handover it waits, and may not be waited for
  })
  joined.weather('down')
  await append(joined, '0')
  joined.weather('fine')
  await untilDirect(joined)
  joined.beforeFarAppend(async () => {})
  await Promise.all(appends)
  t.strictSame(
    await joined.texts(),
    Array.from({ length: appends.length + 1 }, (_, i) => String(i))
  )
})

t.test('it returns to the straight way under a load that never pauses', async t => {
  const joined = await openJoined(t)
  joined.weather('down')
  let going = true
  const writers = Array.from({ length: 64 }, async (_, writer) => {
    let n = 0
    while (going) await joined.log.append([record(`default:${writer}`, `${writer}-${n++}`)])
    return n
  })
  await eventually('much waits', () => joined.log.backlog().records > 2_000)
  joined.weather('fine')
  await untilDirect(joined)
  going = false
  const counts = await Promise.all(writers)
  const texts = await joined.texts()
  for (const [writer, count] of counts.entries()) {
    const own = texts.filter(text => text.startsWith(`${writer}-`)).map(text => Number(text.split('-')[1]))
    t.strictSame(
      own,
      Array.from({ length: count }, (_, i) => i)
    )
  }
})
