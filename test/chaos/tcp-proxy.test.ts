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

t.test('passes everything on, until it is stalled or cut', async t => {
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
  const wire = await openRawConnection(t, proxy.port)
  const said = (text: string) => eventually(`it says ${text}`, () => wire.text() === text)
  wire.send('one')
  await said('one')

  proxy.stall()
  wire.send('two')
  const patient = await openRawConnection(t, proxy.port)
  patient.send('three')
  await sleep(HELD_MS)
  t.equal(wire.text() + patient.text(), 'one', 'nothing passes')
  proxy.resume()
  await said('onetwo')
  await eventually('what came new goes on too', () => patient.text() === 'three')

  const reset = closed(wire.socket)
  proxy.cut()
  await reset
  await closed(net.connect(proxy.port, '127.0.0.1').on('error', () => {}))
  proxy.restore()
  const next = await openRawConnection(t, proxy.port)
  next.send('four')
  await eventually('it passes again', () => next.text() === 'four')
})

/** With an error or without; `once` would reject. */
function closed(socket: net.Socket): Promise<unknown> {
  return new Promise(resolve => socket.once('close', resolve))
}
