import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { openLocalLog } from '../../src/event-log/local/local-log.js'
import { encodeEvent } from '../../src/events/record.js'
import { findSwitch } from '../../src/project/batch/checkpoints.js'
import { projectFormerLog } from '../../src/project/former-log.js'
import { eventually } from '../support/eventually.js'
import { call, installation, odd } from '../support/installation.js'
import { tempDir } from '../support/temp-dir.js'

t.test('a replaced log has another id: its records are read from the first, and the switch is an alarm', async t => {
  const { pool, run, holes, count } = await installation(t)
  const dir = tempDir(t)
  await run(dir, call('a'), 4)
  rmSync(path.join(dir), { recursive: true })
  const log = await openLocalLog({ dir })
  t.equal((await findSwitch(pool, { logId: await log.id(), group: 'g', finished: [], now: new Date() })).length, 1)
  t.equal(
    (await findSwitch(pool, { logId: await log.id(), group: 'g', finished: [], now: new Date() })).length,
    0,
    'once'
  )
  await log.close()
  await run(dir, call('b'), 8)
  t.strictSame(await holes(), ['log-switched'])
  t.equal(await count('call_history'), 2)
})

t.test('what a former local log still holds is projected, once, and is no hole', async t => {
  const { pool, run, holes, count, options } = await installation(t)
  const dir = tempDir(t)
  await run(dir, call('a'), 4)
  const log = await openLocalLog({ dir })
  const logId = await log.id()
  await log.append(call('b').map(encodeEvent)) // acknowledged, and not projected
  await log.close()
  const rest = await projectFormerLog({ ...options, log: await openLocalLog({ dir }) })
  await eventually('it is projected', () => rest.subscription.trouble() === null)
  t.equal(await count('events'), 8)
  await rest.subscription.close()
  t.equal(rest.logId, logId)
  t.strictSame(await findSwitch(pool, { logId: 'kafka', group: 'g', finished: [logId], now: new Date() }), [])
  const again = await projectFormerLog({ ...options, log: await openLocalLog({ dir }) })
  await eventually('nothing is left', () => again.subscription.trouble() === null)
  await again.subscription.close()
  t.strictSame(await holes(), [])
})

t.test('the rest of a local log is done when all topics are, and though its last record is damaged', async t => {
  const { count, options } = await installation(t)
  const dir = tempDir(t)
  const log = await openLocalLog({ dir })
  await log.append([odd('1'), ...call('a'), odd('2')].map(encodeEvent))
  await log.append([odd('3')].map(encodeEvent))
  await log.close()
  const file = path.join(dir, readdirSync(dir).find(name => name.endsWith('.seg')) ?? '')
  const bytes = readFileSync(file)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40) // before the closing mark of 32 bytes
  writeFileSync(file, bytes)
  const rest = await projectFormerLog({ ...options, log: await openLocalLog({ dir }) })
  await eventually('it is done', () => rest.subscription.trouble() === null)
  await rest.subscription.close()
  t.equal(await count('events'), 6, 'all but the damaged one')
  t.equal(await count('call_history'), 1)
})
