import path from 'node:path'
import t from 'tap'
import { openLocalLog } from '../../../src/event-log/local/local-log.js'
import type { LogRecord } from '../../../src/event-log/port.js'
import { eventually } from '../../support/eventually.js'
import { runCommand, startServiceProcess } from '../../support/service.js'
import { tempDir } from '../../support/temp-dir.js'

interface Health {
  ready: boolean
  roles: { project: { why: string | null } }
}

const undecodableRecords = (count: number): LogRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    topic: 'calls',
    key: `default:${i}`,
    value: Buffer.from('+15559371200 says hello'),
    headers: {}
  }))
const START = {
  EventType: 'IncomingCall',
  CallId: 'good',
  Timestamp: '2026-11-23T08:00:00Z',
  From: '+15559371200',
  To: '+15550347567'
}

t.test('a service with a stopped projector reports it, accepts webhooks, and continues once resumed', async t => {
  const DATA_DIR = tempDir(t)
  const log = await openLocalLog({ dir: path.join(DATA_DIR, 'log') })
  await log.append(undecodableRecords(30))
  await log.close()
  const service = await startServiceProcess(t, { DATA_DIR })
  const health = async (role: string) => (await service.get(`/health/ready/${role}`)) as Health
  const metric = async () => {
    const answer = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${service.adminKey}` } })
    return /^mcs_projector_stopped (\d)$/m.exec(await answer.text())?.[1]
  }
  await eventually(
    'the projector stops',
    async () => (await health('project')).roles.project.why?.startsWith('stopped at ') ?? false,
    30_000
  )
  t.match((await health('project')).roles.project.why, /30 of the last 30 records.*mightycall-stream resume/)
  t.equal(await metric(), '1')
  t.match(await health('receive'), { ready: true })
  t.equal(await service.post(START), 200)
  t.strictSame(((await service.get('/v1/calls')) as { data: unknown[] }).data, [])

  t.match(await runCommand(['resume'], { DATA_DIR }), {
    code: 0,
    stdout: 'resumed: records of calls/0 pass until @29\n'
  })
  await eventually(
    'the call is projected',
    async () => ((await service.get('/v1/calls')) as { data: unknown[] }).data.length === 1,
    30_000
  )
  await eventually('the projector is ready', async () => (await health('project')).ready)
  t.equal(await metric(), '0')
  t.equal(((await service.get('/v1/dead-letters?limit=500')) as { data: unknown[] }).data.length, 30)
  t.match(service.output(), /"alarm":"projector-stopped"/)
  t.notMatch(service.output(), /5559371200|hello/)
  t.equal(await service.end('SIGTERM'), 0)
})
