import net from 'node:net'

/**
 * Asks for the next request, or null when there is none left; `answered` tells its status, 0 when the connection broke.
 */
export interface Work {
  next: () => { n: number; request: string } | null
  answered: (n: number, status: number, ms: number) => void
}

const END_OF_HEAD = '\r\n\r\n'

/**
 * One keep-alive connection with one request at a time, until there is no more work.
 * Bare sockets: an HTTP client costs more than the server that it measures, and there are only so many cores.
 */
export async function drive(address: { host: string; port: number }, work: Work): Promise<void> {
  for (let item = work.next(); item; item = work.next()) {
    const socket = await connect(address)
    if (socket) await converse(socket, item, work)
    else work.answered(item.n, 0, 0)
  }
}

function connect(address: { host: string; port: number }): Promise<net.Socket | null> {
  return new Promise(resolve => {
    const socket = net.connect({ ...address, noDelay: true }, () => resolve(socket))
    socket.once('error', () => resolve(null))
  })
}

/** Resolves when the work is done or the server has closed the connection. */
function converse(socket: net.Socket, first: { n: number; request: string }, work: Work): Promise<void> {
  let item: typeof first | null = first
  let text = ''
  let begun = performance.now()
  const send = ({ request }: typeof first) => {
    begun = performance.now()
    socket.write(request, 'latin1')
  }
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text = text === '' ? chunk : text + chunk
    if (!item || !isWhole(text)) return
    work.answered(item.n, Number(text.slice(9, 12)), performance.now() - begun)
    text = ''
    item = work.next()
    if (item) send(item)
    else socket.end()
  })
  send(first)
  return new Promise(resolve => {
    socket.on('error', () => {})
    socket.once('close', () => {
      if (item) work.answered(item.n, 0, performance.now() - begun)
      resolve()
    })
  })
}

function isWhole(text: string): boolean {
  const end = text.indexOf(END_OF_HEAD)
  if (end < 0) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0
  return text.length >= end + END_OF_HEAD.length + Number(length)
}
