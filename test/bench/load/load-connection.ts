import net from 'node:net'

/** Supplies requests, or null when none is left, and receives their status, which is 0 when the connection broke. */
export interface RequestSource {
  next: () => { n: number; request: string } | null
  onResponse: (n: number, status: number, ms: number) => void
}

const END_OF_HEAD = '\r\n\r\n'

/**
 * Sends one request at a time on a keep-alive connection until none is left. It uses raw sockets because an HTTP client
 * costs more than the measured server, and both share the cores.
 */
export async function runConnection(address: { host: string; port: number }, work: RequestSource): Promise<void> {
  for (let item = work.next(); item; item = work.next()) {
    const socket = await connect(address)
    if (socket) await exchange(socket, item, work)
    else work.onResponse(item.n, 0, 0)
  }
}

function connect(address: { host: string; port: number }): Promise<net.Socket | null> {
  return new Promise(resolve => {
    const socket = net.connect({ ...address, noDelay: true }, () => resolve(socket))
    socket.once('error', () => resolve(null))
  })
}

/** Resolves when no request is left or the server has closed the connection. */
function exchange(socket: net.Socket, first: { n: number; request: string }, work: RequestSource): Promise<void> {
  let item: typeof first | null = first
  let text = ''
  let startedAt = performance.now()
  const send = ({ request }: typeof first) => {
    startedAt = performance.now()
    socket.write(request, 'latin1')
  }
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text = text === '' ? chunk : text + chunk
    if (!item || !isComplete(text)) return
    work.onResponse(item.n, Number(text.slice(9, 12)), performance.now() - startedAt)
    text = ''
    item = work.next()
    if (item) send(item)
    else socket.end()
  })
  send(first)
  return new Promise(resolve => {
    socket.on('error', () => {})
    socket.once('close', () => {
      if (item) work.onResponse(item.n, 0, performance.now() - startedAt)
      resolve()
    })
  })
}

function isComplete(text: string): boolean {
  const end = text.indexOf(END_OF_HEAD)
  if (end < 0) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0
  return text.length >= end + END_OF_HEAD.length + Number(length)
}
