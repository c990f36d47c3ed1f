import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Test } from 'tap'
import { listenOnLoopback } from './http-server.js'

/** A request on its way to MightyCall, which a test may change. */
interface ProxiedRequest {
  method: string
  url: URL
  headers: Record<string, string>
  body: string
}

/** Functions that change requests, and the data of response envelopes by path such as `/v4/api/calls`. */
interface Tampering {
  request?: (proxied: ProxiedRequest) => void | Promise<void>
  answers: Record<string, (data: Record<string, unknown>, proxied: ProxiedRequest) => void>
}

const FORWARDED_HEADERS = ['accept', 'authorization', 'content-type', 'x-api-key']

/**
 * Starts a proxy in front of a simulated MightyCall, so that a test can change single requests and rows, which the
 * faults of the simulator cannot.
 */
export async function restProxy(t: Test, targetOf: () => string) {
  const seen: ProxiedRequest[] = []
  const tokens = new Set<string>() // all issued tokens
  const tampering: Tampering = {
    answers: {
      '/v4/auth/token': ({ access_token: access, refresh_token: refresh }) => {
        for (const token of [access, refresh]) if (typeof token === 'string') tokens.add(token)
      }
    }
  }
  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const proxied: ProxiedRequest = {
      method: incoming.method ?? '',
      url: new URL(incoming.url ?? '', targetOf()),
      headers: Object.fromEntries(
        FORWARDED_HEADERS.flatMap(name =>
          typeof incoming.headers[name] === 'string' ? [[name, incoming.headers[name]]] : []
        )
      ),
      body: await textOf(incoming)
    }
    seen.push(proxied)
    await tampering.request?.(proxied)
    const { method, url, headers, body } = proxied
    const clientClosed = new AbortController()
    response.once('close', () => clientClosed.abort())
    const answer = await fetch(url, { method, headers, ...(body !== '' && { body }), signal: clientClosed.signal })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    const change = tampering.answers[url.pathname]
    const mustChange = change && answer.ok && answer.headers.get('content-type')?.includes('json')
    if (!mustChange) return pipeline(answer.body ? Readable.fromWeb(answer.body) : Readable.from([]), response)
    // the simulator's
    const json = JSON.parse(await answer.text()) as Record<string, unknown> & { data?: Record<string, unknown> }
    change(json.data ?? json, proxied)
    response.end(JSON.stringify(json))
  }
  const server = createServer((incoming, response) => {
    pass(incoming, response).catch(() => response.destroy()) // the client or the simulator closed the connection
  })
  return { url: await listenOnLoopback(t, server), seen, tokens, tampering }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk
  return text
}
