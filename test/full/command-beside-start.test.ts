import path from 'node:path'
import t from 'tap'
import { commandBesideStart } from '../chaos/scenarios/command-beside-start.js'
import { openStage } from '../chaos/stage.js'
import { untilAllProjected } from '../flow/flow.js'
import { startChild } from '../support/child.js'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { assertMet } from '../support/scenario-report.js'
import { roundsOf } from '../support/seeds.js'
import { startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

t.test('the service receives and projects while a command runs Postgres on its data', { timeout: 600_000 }, async t => {
  const stage = await openStage()
  t.teardown(stage.close)
  assertMet(t, await commandBesideStart(stage, { rounds: roundsOf(2, 20) }))
})

t.test(
  'the service uses the Postgres of a command for as long as it runs, and takes over when it is killed',
  async t => {
    const DATA_DIR = tempDir(t)
    const command = await startChild(t, 'postgres-process', path.join(DATA_DIR, 'postgres'))
    const service = await startServiceProcess(t, { DATA_DIR })
    const [first, ...others] = DOCUMENTED_NOTIFICATIONS
    t.equal(await service.post(first), 200)
    const isReady = async () => ((await service.get('/health/ready')) as { ready: boolean }).ready
    await eventually('every role is ready', isReady, 60_000)
    await command.kill()
    const startsServer = () => /Postgres (\S+ accepts connections|runs again)/.test(service.output())
    await eventually('the service runs its own Postgres', startsServer, 60_000)
    for (const notification of others) t.equal(await service.post(notification), 200)
    await eventually('every role is ready again', isReady, 60_000)
    await untilAllProjected(service)
    t.notMatch(service.output(), /MCS_DATA_DIR/)
    t.equal(await service.end('SIGTERM'), 0)
  }
)
