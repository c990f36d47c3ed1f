import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { tempDir } from '../../support/temp-dir.js'
import { createDisk } from '../local/support/disk.js'
import { record } from '../support/gather.js'
import { openJoined, untilDirect } from './spooled.js'

t.test('a spool at its cap refuses, says so, and takes again once it is drained', async t => {
  const joined = await openJoined(t, { maxBytes: 1024 * 1024 })
  joined.weather('down')
  let stored = 0
  const text = 'x'.repeat(20_000)
  await t.rejects(
    async () => {
      for (;;) {
        await joined.log.append([record('default:a', text)])
        stored++
      }
    },
    { code: 'MCS_NOT_STORED' }
  )
  t.ok(stored > 30 && joined.log.backlog().bytes <= 1024 * 1024, `${stored} records`)
  t.equal(joined.log.trouble(), 'it has reached its maximum size')
  joined.weather('fine')
  await untilDirect(joined)
  joined.weather('down')
  await joined.log.append([record('default:a', 'after')])
  t.equal(joined.log.trouble(), null)
  joined.weather('fine')
  await untilDirect(joined)
  t.equal((await joined.texts()).length, stored + 1)
})

t.test(
  'with a full disk what the far side refuses is refused, and nothing waits for the disk once the far side is back',
  async t => {
    const disk = createDisk()
    const joined = await openJoined(t, { files: disk })
    joined.weather('down')
    disk.room = 0
    await t.rejects(joined.log.append([record('default:a', '0')]), { code: 'MCS_NOT_STORED' })
    t.match(joined.log.trouble(), /ENOSPC/)
    joined.weather('fine')
    await untilDirect(joined)
    await joined.log.append([record('default:a', '1')])
    t.equal(joined.log.trouble(), null)
    t.strictSame(await joined.texts(), ['1'])
  }
)

t.test('a spool whose disk refuses a sync takes nothing more, but what it holds is drained', async t => {
  const disk = createDisk()
  const joined = await openJoined(t, { files: disk })
  joined.weather('down')
  await joined.log.append([record('default:a', '0')])
  disk.datasync = async () => {
    throw new Error('EIO')
  }
  await t.rejects(joined.log.append([record('default:a', '1')]), { code: 'MCS_LOG_FAILED' })
  joined.weather('fine')
  await untilDirect(joined)
  await joined.log.append([record('default:a', '2')])
  t.strictSame(await joined.texts(), ['0', '2'])
})

t.test('a position that is not of this spool is not believed: all is sent again', async t => {
  for (const [why, position] of [
    ['of another log', (_id: string) => 'e7a9 3\n'],
    ['beyond the end', (id: string) => `${id} 9\n`],
    ['torn', (id: string) => `${id} 3`],
    ['empty', () => '']
  ] as const) {
    const [far, dir] = [tempDir(t), tempDir(t)]
    const before = await openJoined(t, { far, dir })
    before.weather('down')
    for (const text of ['0', '1', '2', '3']) await before.log.append([record('default:a', text)])
    await before.log.close()
    writeFileSync(path.join(dir, 'drained'), position(readFileSync(path.join(dir, 'id'), 'utf8').trim()))
    const after = await openJoined(t, { far, dir })
    await untilDirect(after)
    t.strictSame(await after.texts(), ['0', '1', '2', '3'], why)
  }
})
