import t from 'tap'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

t.test(
  'told to stop, it says that it is not ready and still takes notifications; told again, it ends at once',
  async t => {
    const service = await startServiceProcess(t, { DATA_DIR: tempDir(t), DRAIN_SECONDS: '120' })
    const gone = new Promise<number | null>(resolve => service.child.once('close', resolve))
    service.child.kill('SIGTERM')
    await eventually('it is stopping', () => service.output().includes('"msg":"stopping"'))
    for (const path of ['/health/ready', '/health/ready/receive'])
      t.equal((await fetch(service.url + path)).status, 503, path)
    t.equal((await fetch(`${service.url}/health/live`)).status, 200)
    t.equal(await service.post(DOCUMENTED_NOTIFICATIONS[0]), 200, 'a balancer takes a moment to notice')
    await eventually('it is gone', () => {
      // what follows within half a second is the same wish: Ctrl-C reaches node twice when npm started it
      service.child.kill('SIGTERM')
      return service.child.exitCode !== null
    })
    t.equal(await gone, 1)
  }
)
