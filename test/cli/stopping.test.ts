import t from 'tap'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

t.test(
  'after SIGTERM the service reports not ready and accepts webhooks, and a second SIGTERM ends it at once',
  async t => {
    const service = await startServiceProcess(t, { DATA_DIR: tempDir(t), DRAIN_SECONDS: '120' })
    const exitCode = new Promise<number | null>(resolve => service.child.once('close', resolve))
    service.child.kill('SIGTERM')
    await eventually('the service is stopping', () => service.output().includes('"msg":"stopping"'))
    for (const path of ['/health/ready', '/health/ready/receive'])
      t.equal((await fetch(service.url + path)).status, 503, path)
    t.equal((await fetch(`${service.url}/health/live`)).status, 200)
    t.equal(await service.post(DOCUMENTED_NOTIFICATIONS[0]), 200, 'a load balancer needs a moment to notice')
    await eventually('the service has exited', () => {
      // signals within half a second count as one, because Ctrl-C reaches Node twice when npm has started it
      service.child.kill('SIGTERM')
      return service.child.exitCode !== null
    })
    t.equal(await exitCode, 1)
  }
)
