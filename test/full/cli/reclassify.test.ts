import t from 'tap'
import { eventually } from '../../support/eventually.js'
import { runCommand, startServiceProcess } from '../../support/service.js'
import { tempDir } from '../../support/temp-dir.js'

t.test('reclassify works with and without a running service, and prints its result', async t => {
  const DATA_DIR = tempDir(t)
  const service = await startServiceProcess(t, { DATA_DIR })
  await service.post({ EventType: 'CallHeld', CallId: '1', Timestamp: '2026-11-23T08:00:00Z' })
  await eventually(
    'the event is reported as drift',
    async () => ((await service.get('/v1/drift')) as { data: unknown[] }).data.length === 1,
    20_000
  )
  t.match(await runCommand(['reclassify', '--dry-run'], { DATA_DIR }), {
    code: 0,
    stdout: 'would move 0 of 1 unclassified events\n',
    stderr: ''
  })
  t.equal(await service.end('SIGTERM'), 0)
  t.match(await runCommand(['reclassify'], { DATA_DIR }), { code: 0, stdout: 'moved 0 of 1 unclassified events\n' })
})
