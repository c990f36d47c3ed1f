import t from 'tap'
import { openSpool } from '../../../src/event-log/spool/spool.js'
import { tempDir } from '../../support/temp-dir.js'

const RECORD = { topic: 'calls', key: 'default:1', value: Buffer.from('value'), headers: {} } as const

t.test('a receiver that is started takes the spool over from the command that drains it', async t => {
  const dir = tempDir(t)
  const options = { dir, maxBytes: 1 << 20 }
  const handover = new AbortController()
  const draining = await openSpool({ ...options, lock: { onReleaseRequest: () => handover.abort() } })
  handover.signal.addEventListener('abort', () => void draining.close())
  await draining.append([RECORD])
  const receiving = await openSpool({ ...options, lock: { takeOverMs: 10_000 } })
  t.match(await receiving.next(), [{ key: RECORD.key }])
  await t.rejects(
    openSpool({ ...options, lock: { takeOverMs: 10_000 } }),
    { code: 'MCS_DATA_DIR' },
    'a second receiver'
  )
  await receiving.close()
})
