import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { tempDir } from '../../support/temp-dir.js'
import { createDisk } from '../local/support/disk.js'
import { record } from '../support/gather.js'
import { openSpooledLog, untilDirect } from './spooled.js'

t.test('a full spool rejects appends, reports it, and accepts them after it is drained', async t => {
  const spooledLog = await openSpooledLog(t, { maxBytes: 1024 * 1024 })
  spooledLog.setMode('down')
  let stored = 0
  const text = 'x'.repeat(20_000)
  await t.rejects(
    async () => {
      for (;;) {
        await spooledLog.log.append([record('default:a', text)])
        stored++
      }
    },
    { code: 'MCS_NOT_STORED' }
  )
  t.ok(stored > 30 && spooledLog.log.backlog().bytes <= 1024 * 1024, `${stored} records`)
  t.equal(spooledLog.log.trouble(), 'it has reached its maximum size')
  spooledLog.setMode('up')
  await untilDirect(spooledLog)
  spooledLog.setMode('down')
  await spooledLog.log.append([record('default:a', 'after')])
  t.equal(spooledLog.log.trouble(), null)
  spooledLog.setMode('up')
  await untilDirect(spooledLog)
  t.equal((await spooledLog.texts()).length, stored + 1)
})

t.test('with a full disk and no Kafka appends are rejected, and with Kafka back they do not need the disk', async t => {
  const disk = createDisk()
  const spooledLog = await openSpooledLog(t, { files: disk })
  spooledLog.setMode('down')
  disk.freeBytes = 0
  await t.rejects(spooledLog.log.append([record('default:a', '0')]), { code: 'MCS_NOT_STORED' })
  t.match(spooledLog.log.trouble(), /ENOSPC/)
  spooledLog.setMode('up')
  await untilDirect(spooledLog)
  await spooledLog.log.append([record('default:a', '1')])
  t.equal(spooledLog.log.trouble(), null)
  t.strictSame(await spooledLog.texts(), ['1'])
})

t.test('a spool with a failed sync rejects appends, and its records are still drained', async t => {
  const disk = createDisk()
  const spooledLog = await openSpooledLog(t, { files: disk })
  spooledLog.setMode('down')
  await spooledLog.log.append([record('default:a', '0')])
  disk.datasync = async () => {
    throw new Error('EIO')
  }
  await t.rejects(spooledLog.log.append([record('default:a', '1')]), { code: 'MCS_LOG_FAILED' })
  spooledLog.setMode('up')
  await untilDirect(spooledLog)
  await spooledLog.log.append([record('default:a', '2')])
  t.strictSame(await spooledLog.texts(), ['0', '2'])
})

t.test('a drain position of another spool is ignored, and everything is sent again', async t => {
  for (const [why, position] of [
    ['another log has another id', (_id: string) => 'e7a9 3\n'],
    ['beyond the end', (id: string) => `${id} 9\n`],
    ['torn', (id: string) => `${id} 3`],
    ['empty', () => '']
  ] as const) {
    const [kafkaDir, dir] = [tempDir(t), tempDir(t)]
    const before = await openSpooledLog(t, { kafkaDir, dir })
    before.setMode('down')
    for (const text of ['0', '1', '2', '3']) await before.log.append([record('default:a', text)])
    await before.log.close()
    writeFileSync(path.join(dir, 'drained'), position(readFileSync(path.join(dir, 'id'), 'utf8').trim()))
    const after = await openSpooledLog(t, { kafkaDir, dir })
    await untilDirect(after)
    t.strictSame(await after.texts(), ['0', '1', '2', '3'], why)
  }
})
