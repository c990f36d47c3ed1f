import { once } from 'node:events'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { eventually } from '../support/eventually.js'
import { openRawConnection } from '../support/raw-connection.js'
import { startTcpProxy } from '../support/tcp-proxy.js'
import { tempDir } from '../support/temp-dir.js'

const HELD_MS = 100

t.test('forwards everything unless it is stalled or cut', async t => {
  const target = { path: path.join(tempDir(t), 'echo') }
  const echo = net
    .createServer(socket => {
      socket.on('error', () => {}).pipe(socket)
    })
    .listen(target)
  await once(echo, 'listening')
  t.teardown(() => {
    echo.close()
  })
  const proxy = await startTcpProxy(t, target)
  const connection = await openRawConnection(t, proxy.port)
  const received = (text: string) => eventually(`${text} arrives`, () => connection.text() === text)
  connection.send('one')
  await received('one')

  proxy.stall()
  connection.send('two')
  const waiting = await openRawConnection(t, proxy.port)
  waiting.send('three')
  await sleep(HELD_MS)
  t.equal(connection.text() + waiting.text(), 'one', 'nothing is forwarded')
  proxy.resume()
  await received('onetwo')
  await eventually('the new connection is forwarded as well', () => waiting.text() === 'three')

  const reset = closed(connection.socket)
  proxy.cut()
  await reset
  await closed(net.connect(proxy.port, '127.0.0.1').on('error', () => {}))
  proxy.restore()
  const next = await openRawConnection(t, proxy.port)
  next.send('four')
  await eventually('data is forwarded again', () => next.text() === 'four')
})

/** Resolves when the socket closes, with or without an error; `once` would reject on an error. */
function closed(socket: net.Socket): Promise<unknown> {
  return new Promise(resolve => socket.once('close', resolve))
}
