import { pino } from 'pino'
import t from 'tap'
import { createListener } from '../../src/live/listener.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'

t.test(
  'a database that is not there yet is no lost connection: nothing is said, and it is listened to once it is ready',
  async t => {
    const { pool, url } = await freshDatabase(t)
    const lines: string[] = []
    const ups: boolean[] = []
    let asked = 0
    let isThere = false
    const options = { connectionString: `${url}_to_be` }
    const listener = createListener({
      pool: new Proxy(pool, {
        get: (target, name) =>
          name === 'options'
            ? { ...pool.options, ...(isThere ? {} : options) }
            : (Reflect.get(target, name, target) as unknown)
      }),
      trouble: () => {
        asked++
        return isThere ? null : 'it is starting'
      },
      logger: pino(
        { level: 'warn' },
        {
          write: line => {
            lines.push(line)
          }
        }
      ),
      onWake: () => {},
      onConnectionChange: isUp => {
        ups.push(isUp)
      }
    })
    t.teardown(listener.close)
    await eventually('it was asked again', () => asked >= 3)
    t.strictSame([ups, lines], [[], []])
    isThere = true
    await eventually('it listens', () => ups.length === 1)
    t.strictSame([ups, lines], [[true], []])
  }
)
