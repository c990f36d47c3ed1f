import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Teardown } from './teardown.js'

/** Listens on a free port of 127.0.0.1 and returns the URL. The server is closed when the test ends. */
export async function listenOnLoopback(t: Teardown, server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(
    () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server's address is an object
}
