import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Test } from 'tap'
import { startService } from '../../src/app/service.js'
import { loadConfig } from '../../src/config/config.js'
import { fasterClock } from '../../src/lib/clock.js'
import { createMetrics } from '../../src/observability/metrics.js'
import type { AnswerFaults } from '../../src/simulator/http/answer-faults.js'
import { type SimulatedMightyCallOptions, startSimulatedMightyCall } from '../../src/simulator/http/start.js'
import { SIMULATED_API_KEY } from '../../src/simulator/notifications.js'
import { freshDatabase } from './database.js'
import { eventually } from './eventually.js'
import { createLineLogger } from './line-logger.js'
import { restProxy } from './rest-proxy.js'
import { randomSecrets } from './service.js'
import { tempDir } from './temp-dir.js'

interface Options extends Partial<Pick<SimulatedMightyCallOptions, 'webhookFaults' | 'tokenSeconds'>> {
  /** Simulated seconds per real second. */
  rate?: number
  /** The number of calls of the company, which is open for one hour from its start. */
  calls?: number
  /** Hours between the start of the company and the start of the service. */
  startedHoursAgo?: number
  /** The timeout of a REST request, in real milliseconds. */
  restTimeoutMs?: number
}

const MINUTE_MS = 60_000
/** REST reports a call some minutes after its end, and the service holds it for 15 minutes. */
const REPORT_DELAY_MS = 45 * MINUTE_MS

/**
 * Starts the whole service and a simulated MightyCall that posts the webhooks of one hour. The service reads it through
 * a proxy, after the first call of `signIn` has configured user keys.
 */
export async function startWithFaultyMightyCall(
  t: Test,
  { rate = 1_200, calls = 20, startedHoursAgo = 0, restTimeoutMs, ...simulated }: Options = {}
) {
  const { pool, url } = await freshDatabase(t)
  const clock = fasterClock({ startAt: new Date('2026-11-23T08:00:00Z'), rate })
  const logLines: string[] = []
  const { WEBHOOK_TOKENS: token, ADMIN_KEY: adminKey } = randomSecrets()
  let target = ''
  const proxy = await restProxy(t, () => target)
  const dir = tempDir(t)
  const ACCOUNTS_FILE = path.join(dir, 'accounts.json')
  const write = (userKeys: Record<string, string>) =>
    writeFileSync(
      ACCOUNTS_FILE,
      JSON.stringify([
        {
          id: 'default',
          tokens: [token],
          apiKey: SIMULATED_API_KEY,
          userKeys,
          kind: 'classic',
          baseUrl: `${proxy.url}/v4`
        }
      ])
    )
  write({})
  const config = loadConfig({
    PORT: '0',
    DATA_DIR: path.join(dir, 'data'),
    ACCOUNTS_FILE,
    ADMIN_KEY: adminKey,
    DATABASE_URL: url
  })
  const service = await startService({
    config,
    logger: createLineLogger('trace', line => logLines.push(line)),
    metrics: createMetrics(),
    clock,
    restLimits: restTimeoutMs === undefined ? {} : { timeoutMs: restTimeoutMs }
  })
  t.teardown(() => service.stop(0))
  const startAt = clock.now().getTime() - startedHoursAgo * 60 * MINUTE_MS
  const company = { seed: 7, startAt, calls, messages: 10, hours: 1 }
  const mightyCall = await startSimulatedMightyCall({
    port: 0,
    clock,
    company,
    webhookUrl: new URL(`${service.url}/webhooks/mightycall/${token}`),
    webhookFaults: { drop: 0.2 },
    ...simulated
  })
  t.teardown(mightyCall.close)
  target = mightyCall.url

  const setFaults = async (faults: AnswerFaults) => {
    await fetch(`${mightyCall.url}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults)
    })
  }
  const get = async (route: string): Promise<unknown> =>
    (await fetch(`${service.url}${route}`, { headers: { authorization: `Bearer ${adminKey}` } })).json()
  const ids = async (sql: string) => new Set((await pool.query<{ id: unknown }>(sql)).rows.map(({ id }) => id))
  return {
    pool,
    clock,
    logLines,
    proxy,
    mightyCall,
    setFaults,
    get,
    secrets: [SIMULATED_API_KEY, token, adminKey, ...Object.values(mightyCall.userKeys)],
    /** Writes user keys to the accounts file and reloads it, like an operator who sends SIGHUP. */
    signIn: (userKeys: Record<string, string> = mightyCall.userKeys) => {
      write(userKeys)
      service.reload()
    },
    linesMatching: (text: string | RegExp) =>
      logLines.filter(line => (typeof text === 'string' ? line.includes(text) : text.test(line))),
    /** Returns the number of projected webhook events. */
    countWebhookEvents: async () =>
      Number((await pool.query("select count(*) from events where source = 'webhook'")).rows[0]?.count),
    untilClosed: () =>
      eventually(
        'the company has closed and REST has reported all calls',
        () => clock.now().getTime() > startAt + 60 * MINUTE_MS + REPORT_DELAY_MS,
        120_000
      ),
    /** Waits until every call, voicemail and message has its row. */
    untilComplete: async () => {
      const { calls, voicemails, messages } = mightyCall.truth()
      const untilAllFound = (what: string, sql: string, expected: unknown[]) =>
        eventually(
          what,
          async () => {
            const found = await ids(sql)
            return expected.every(id => found.has(id))
          },
          30_000
        )
      await untilAllFound(
        'every call has its row',
        'select call_id as id from call_history',
        calls.map(({ id }) => id)
      )
      await untilAllFound(
        'every voicemail has its row',
        'select voicemail_id as id from voicemail_logs',
        voicemails.map(({ voicemailId }) => voicemailId)
      )
      await untilAllFound(
        'every message has its row',
        'select message_id as id from sms_logs',
        messages.map(({ messageId }) => messageId)
      )
    }
  }
}

export type ServiceUnderFaults = Awaited<ReturnType<typeof startWithFaultyMightyCall>>

/** Asserts that each webhook was answered with 200 within the 8 s that MightyCall waits, and is projected. */
export async function assertWebhooksUnaffected(
  t: Test,
  { mightyCall, countWebhookEvents }: ServiceUnderFaults
): Promise<void> {
  await mightyCall.posted
  const { posted = 0, accepted, refused } = mightyCall.webhooks() ?? {}
  t.ok(posted > 0)
  t.equal(accepted, posted)
  t.strictSame(refused, {})
  await eventually('all webhooks are projected', async () => (await countWebhookEvents()) === posted)
}

/** Asserts that the log contains no secret, no token and no client number. */
export function assertNoSecretsLogged(t: Test, { logLines, secrets, mightyCall, proxy }: ServiceUnderFaults): void {
  const all = logLines.join('').toLowerCase()
  const numbers = mightyCall
    .truth()
    .calls.flatMap(({ clientNumber }) => (typeof clientNumber === 'string' ? [clientNumber.slice(1)] : []))
  for (const secret of [...secrets, ...proxy.tokens, ...numbers])
    if (all.includes(secret.toLowerCase())) t.fail('a secret or a number was logged')
  t.ok(numbers.length > 0)
}
