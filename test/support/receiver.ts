import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { LogRecord } from '../../src/event-log/port.js'
import { encodeEvent } from '../../src/events/record.js'
import { BACKLOG, createHttp, type HttpOptions } from '../../src/http/server.js'
import { createLogger } from '../../src/observability/logger.js'
import { createTokenLookup } from '../../src/receive/tokens.js'
import webhooks, { type WebhookOptions } from '../../src/receive/webhooks.js'
import { BUSINESS_NUMBER, CLIENT_NUMBER, DOCUMENTED_API_KEY } from './documented-notifications.js'
import type { Teardown } from './teardown.js'

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

/** The name of the sender in these tests, which no log line may contain. */
export const SENDER_NAME = 'Mellow Widget'

/**
 * Starts the webhook receiver of an account on a port of 127.0.0.1, with the logger of the service at level trace.
 * At its end the test fails if a log line or a record contains a secret.
 */
export async function startReceiver(
  t: Teardown,
  options: Partial<WebhookOptions & HttpOptions> = {}
): Promise<Receiver> {
  const token = randomBytes(32).toString('base64url')
  const [stored, results, lines]: [LogRecord[], string[], string[]] = [[], [], []]
  const accounts = [{ id: 'default', apiKey: DOCUMENTED_API_KEY, region: 'US', tokens: [token] }] as const
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
    assertNoSecrets(lines.join(''), [
      token,
      DOCUMENTED_API_KEY,
      BUSINESS_NUMBER.slice(2),
      CLIENT_NUMBER.slice(2),
      SENDER_NAME
    ])
    for (const record of stored) assertNoSecrets(readableText(record), [DOCUMENTED_API_KEY])
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

/** Returns the whole text of a record, including the decoded form of base64 content. */
export function readableText(record: LogRecord): string {
  // the record was encoded by encodeEvent
  const { raw, rawEncoding } = JSON.parse(record.value.toString()) as { raw: unknown; rawEncoding?: string }
  return [
    record.key,
    JSON.stringify(record.headers),
    record.value.toString(),
    rawEncoding ? Buffer.from(String(raw), 'base64').toString('latin1').replaceAll('\0', '') : ''
  ].join('\n')
}

function assertNoSecrets(text: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    const at = text.toLowerCase().indexOf(secret.toLowerCase())
    if (at !== -1) throw new Error(`a secret leaked: ${text.slice(Math.max(0, at - 200), at + secret.length + 50)}`)
  }
}
