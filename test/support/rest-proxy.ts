import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Test } from 'tap'

/** A request on its way to MightyCall; a test may change it. */
interface Passing {
  method: string
  url: URL
  headers: Record<string, string>
  body: string
}

/** What a test does to requests, and to what the envelope of an answer holds, by its path: `/v4/api/calls`. */
interface Tampering {
  request?: (passing: Passing) => void | Promise<void>
  answers: Record<string, (data: Record<string, unknown>, passing: Passing) => void>
}

const KEPT = ['accept', 'authorization', 'content-type', 'x-api-key']

/**
 * Stands before a simulated MightyCall, so that a test can do to single requests and rows what no fault of the
 * simulator does.
 */
export async function restProxy(t: Test, targetOf: () => string) {
  const seen: Passing[] = []
  const tokens = new Set<string>() // all that were given
  const tampering: Tampering = {
    answers: {
      '/v4/auth/token': ({ access_token: access, refresh_token: refresh }) => {
        for (const token of [access, refresh]) if (typeof token === 'string') tokens.add(token)
      }
    }
  }
  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const passing: Passing = {
      method: incoming.method ?? '',
      url: new URL(incoming.url ?? '', targetOf()),
      headers: Object.fromEntries(
        KEPT.flatMap(name => (typeof incoming.headers[name] === 'string' ? [[name, incoming.headers[name]]] : []))
      ),
      body: await textOf(incoming)
    }
    seen.push(passing)
    await tampering.request?.(passing)
    const { method, url, headers, body } = passing
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const answer = await fetch(url, { method, headers, ...(body !== '' && { body }), signal: gone.signal })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    const change = tampering.answers[url.pathname]
    const isToChange = change && answer.ok && answer.headers.get('content-type')?.includes('json')
    if (!isToChange) return pipeline(answer.body ? Readable.fromWeb(answer.body) : Readable.from([]), response)
    const json = JSON.parse(await answer.text()) as Record<string, unknown> & { data?: Record<string, unknown> } // the simulator's
    change(json.data ?? json, passing)
    response.end(JSON.stringify(json))
  }
  const server = createServer((incoming, response) => {
    pass(incoming, response).catch(() => response.destroy())
  }) // one of both has hung up
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(
    () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, tokens, tampering } // a TCP server's address is an object
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk
  return text
}
