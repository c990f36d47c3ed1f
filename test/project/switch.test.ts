import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { openLocalLog } from '../../src/event-log/local/local-log.js'
import { encodeEvent } from '../../src/events/record.js'
import { findSwitch } from '../../src/project/batch/checkpoints.js'
import { projectFormerLog } from '../../src/project/former-log.js'
import { eventually } from '../support/eventually.js'
import { answeredCall, setUpInstallation, unclassifiedEvent } from '../support/installation.js'
import { tempDir } from '../support/temp-dir.js'

t.test('a replaced log has another id: it is read from its first record, and the switch is recorded', async t => {
  const { pool, run, holes, count } = await setUpInstallation(t)
  const dir = tempDir(t)
  await run(dir, answeredCall('a'), 4)
  rmSync(path.join(dir), { recursive: true })
  const log = await openLocalLog({ dir })
  t.equal((await findSwitch(pool, { logId: await log.id(), group: 'g', finished: [], now: new Date() })).length, 1)
  t.equal(
    (await findSwitch(pool, { logId: await log.id(), group: 'g', finished: [], now: new Date() })).length,
    0,
    'it is recorded once'
  )
  await log.close()
  await run(dir, answeredCall('b'), 8)
  t.strictSame(await holes(), ['log-switched'])
  t.equal(await count('call_history'), 2)
})

t.test('the rest of a former local log is projected once, and is not a hole', async t => {
  const { pool, run, holes, count, options } = await setUpInstallation(t)
  const dir = tempDir(t)
  await run(dir, answeredCall('a'), 4)
  const log = await openLocalLog({ dir })
  const logId = await log.id()
  await log.append(answeredCall('b').map(encodeEvent)) // acknowledged but not projected
  await log.close()
  const former = await projectFormerLog({ ...options, log: await openLocalLog({ dir }) })
  await eventually('it is projected', () => former.subscription.trouble() === null)
  t.equal(await count('events'), 8)
  await former.subscription.close()
  t.equal(former.logId, logId)
  t.strictSame(await findSwitch(pool, { logId: 'kafka', group: 'g', finished: [logId], now: new Date() }), [])
  const again = await projectFormerLog({ ...options, log: await openLocalLog({ dir }) })
  await eventually('nothing is left', () => again.subscription.trouble() === null)
  await again.subscription.close()
  t.strictSame(await holes(), [])
})

t.test('a local log is fully projected when all topics are, even when its last record is damaged', async t => {
  const { count, options } = await setUpInstallation(t)
  const dir = tempDir(t)
  const log = await openLocalLog({ dir })
  await log.append([unclassifiedEvent('1'), ...answeredCall('a'), unclassifiedEvent('2')].map(encodeEvent))
  await log.append([unclassifiedEvent('3')].map(encodeEvent))
  await log.close()
  const file = path.join(dir, readdirSync(dir).find(name => name.endsWith('.seg')) ?? '')
  const bytes = readFileSync(file)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40) // before the closing mark of 32 bytes
  writeFileSync(file, bytes)
  const former = await projectFormerLog({ ...options, log: await openLocalLog({ dir }) })
  await eventually('it is fully projected', () => former.subscription.trouble() === null)
  await former.subscription.close()
  t.equal(await count('events'), 6, 'all but the damaged one')
  t.equal(await count('call_history'), 1)
})
