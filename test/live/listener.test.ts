import t from 'tap'
import { createListener } from '../../src/live/listener.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { createLineLogger } from '../support/line-logger.js'

t.test(
  'a database that is not ready yet is not reported as a lost connection, and is listened to once it is ready',
  async t => {
    const { pool, url } = await freshDatabase(t)
    const lines: string[] = []
    const ups: boolean[] = []
    let checks = 0
    let isReady = false
    const options = { connectionString: `${url}_missing` }
    const listener = createListener({
      pool: new Proxy(pool, {
        get: (target, name) =>
          name === 'options'
            ? { ...pool.options, ...(isReady ? {} : options) }
            : (Reflect.get(target, name, target) as unknown)
      }),
      trouble: () => {
        checks++
        return isReady ? null : 'starting'
      },
      logger: createLineLogger('warn', line => lines.push(line)),
      onWake: () => {},
      onConnectionChange: isUp => {
        ups.push(isUp)
      }
    })
    t.teardown(listener.close)
    await eventually('the readiness is checked again', () => checks >= 3)
    t.strictSame([ups, lines], [[], []])
    isReady = true
    await eventually('the connection is open', () => ups.length === 1)
    t.strictSame([ups, lines], [[true], []])
  }
)
