import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { LogRecord } from '../../src/event-log/port.js'
import { encodeEvent } from '../../src/events/record.js'
import { BACKLOG, createHttp, type HttpOptions } from '../../src/http/server.js'
import { createLogger } from '../../src/observability/logger.js'
import { createTokenLookup } from '../../src/receive/tokens.js'
import webhooks, { type WebhookOptions } from '../../src/receive/webhooks.js'
import { API_KEY, BUSINESS, CLIENT } from './documented.js'

interface Teardown {
  teardown: (fn: () => Promise<void>) => void
}

export interface Receiver {
  app: FastifyInstance
  port: number
  /** `/webhooks/mightycall/<token>` */
  path: string
  stored: LogRecord[]
  results: string[]
  lines: string[]
  post: (
    body: string | Buffer,
    headers?: Record<string, string>
  ) => Promise<{ status: number; headers: Headers; body: string }>
}

/** What a sender calls itself in these tests: a text that no log may show. */
export const TEXT = 'Mellow Widget'

/**
 * The webhooks of an account, listening on a port of 127.0.0.1, with the logger of the service at its most talkative.
 * When the test ends, it fails if a line of the log or a record holds what it must not.
 */
export async function startReceiver(
  t: Teardown,
  options: Partial<WebhookOptions & HttpOptions> = {}
): Promise<Receiver> {
  const token = randomBytes(32).toString('base64url')
  const [stored, results, lines]: [LogRecord[], string[], string[]] = [[], [], []]
  const accounts = [{ id: 'default', apiKey: API_KEY, region: 'US', tokens: [token] }] as const
  const app = createHttp({
    logger: createLogger({
      level: 'trace',
      lines: {
        write: line => {
          lines.push(line)
        }
      }
    }),
    trustProxy: false,
    ...options
  })
  await app.register(webhooks, {
    accountOf: createTokenLookup(() => accounts),
    append: async events => {
      stored.push(...events.map(encodeEvent))
    },
    now: () => new Date(),
    onResult: result => {
      results.push(result)
    },
    ...options
  })
  await app.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG })
  t.teardown(async () => {
    app.server.closeAllConnections()
    await app.close()
    refuseLeaks(lines.join(''), [token, API_KEY, BUSINESS.slice(2), CLIENT.slice(2), TEXT])
    for (const record of stored) refuseLeaks(textOf(record), [API_KEY])
  })
  const { port } = app.server.address() as AddressInfo // it listens on a port, not on a pipe
  const path = `/webhooks/mightycall/${token}`
  return {
    app,
    port,
    path,
    stored,
    results,
    lines,
    post: async (body, headers = {}) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        body: new Uint8Array(Buffer.from(body)),
        headers
      })
      return { status: answer.status, headers: answer.headers, body: await answer.text() }
    }
  }
}

/** All of a record, what stands in base64 included. */
export function textOf(record: LogRecord): string {
  // our own record
  const { raw, rawEncoding } = JSON.parse(record.value.toString()) as { raw: unknown; rawEncoding?: string }
  return [
    record.key,
    JSON.stringify(record.headers),
    record.value.toString(),
    rawEncoding ? Buffer.from(String(raw), 'base64').toString('latin1').replaceAll('\0', '') : ''
  ].join('\n')
}

function refuseLeaks(text: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    const at = text.toLowerCase().indexOf(secret.toLowerCase())
    if (at !== -1) throw new Error(`a secret shows: ${text.slice(Math.max(0, at - 200), at + secret.length + 50)}`)
  }
}
