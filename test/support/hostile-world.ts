import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
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
import { restProxy } from './rest-proxy.js'
import { someSecrets } from './service.js'
import { tempDir } from './temp-dir.js'

interface Options extends Partial<Pick<SimulatedMightyCallOptions, 'webhookFaults' | 'tokenSeconds'>> {
  /** Simulated time to each second of true time. */
  rate?: number
  /** Of an hour, which begins when everything runs; the company may have closed long before. */
  calls?: number
  beganHoursAgo?: number
  /** The time that MightyCall has to answer a request, in true milliseconds. */
  restTimeoutMs?: number
}

const MINUTE_MS = 60_000
/** A call is told some minutes after its end, and held for 15. */
const RECENT_MS = 45 * MINUTE_MS

/**
 * The whole service, and a MightyCall that posts the webhooks of an hour. It is read from the first `signIn` on,
 * through a proxy.
 */
export async function hostileWorld(
  t: Test,
  { rate = 1_200, calls = 20, beganHoursAgo = 0, restTimeoutMs, ...simulated }: Options = {}
) {
  const { pool, url } = await freshDatabase(t)
  const clock = fasterClock({ startAt: new Date('2026-11-23T08:00:00Z'), rate })
  const lines: string[] = []
  const { WEBHOOK_TOKENS: token, ADMIN_KEY: adminKey } = someSecrets()
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
    logger: pino(
      { level: 'trace' },
      {
        write: (line: string) => {
          lines.push(line)
        }
      }
    ),
    metrics: createMetrics(),
    clock,
    restLimits: restTimeoutMs === undefined ? {} : { timeoutMs: restTimeoutMs }
  })
  t.teardown(() => service.stop(0))
  const startAt = clock.now().getTime() - beganHoursAgo * 60 * MINUTE_MS
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

  const fault = async (faults: AnswerFaults) => {
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
    lines,
    proxy,
    mightyCall,
    fault,
    get,
    secrets: [SIMULATED_API_KEY, token, adminKey, ...Object.values(mightyCall.userKeys)],
    /** As a person does who corrects the file and sends SIGHUP. */
    signIn: (userKeys: Record<string, string> = mightyCall.userKeys) => {
      write(userKeys)
      service.reload()
    },
    logged: (text: string | RegExp) =>
      lines.filter(line => (typeof text === 'string' ? line.includes(text) : text.test(line))),
    /** How many notifications have become events. */
    heard: async () =>
      Number((await pool.query("select count(*) from events where source = 'webhook'")).rows[0]?.count),
    untilClosed: () =>
      eventually(
        'the company has closed, and all is told',
        () => clock.now().getTime() > startAt + 60 * MINUTE_MS + RECENT_MS,
        120_000
      ),
    /** All that happened has its row. */
    untilWhole: async () => {
      const { calls, voicemails, messages } = mightyCall.truth()
      const hasAll = async (sql: string, known: unknown[]) => {
        const found = await ids(sql)
        return known.every(id => found.has(id))
      }
      await eventually(
        'every call has its row',
        () =>
          hasAll(
            'select call_id as id from call_history',
            calls.map(({ id }) => id)
          ),
        30_000
      )
      await eventually(
        'and every voicemail',
        () =>
          hasAll(
            'select voicemail_id as id from voicemail_logs',
            voicemails.map(({ voicemailId }) => voicemailId)
          ),
        30_000
      )
      await eventually(
        'and every message',
        () =>
          hasAll(
            'select message_id as id from sms_logs',
            messages.map(({ messageId }) => messageId)
          ),
        30_000
      )
    }
  }
}

export type HostileWorld = Awaited<ReturnType<typeof hostileWorld>>

/** Each post was answered 200 within the 8 s that MightyCall waits, and is projected. */
export async function webhooksDidNotNotice(t: Test, { mightyCall, heard }: HostileWorld): Promise<void> {
  await mightyCall.posted
  const { posted = 0, accepted, refused } = mightyCall.webhooks() ?? {}
  t.ok(posted > 0)
  t.equal(accepted, posted)
  t.strictSame(refused, {})
  await eventually('all of them are projected', async () => (await heard()) === posted)
}

/** Nothing that was logged holds a secret, a token, or a client's number. */
export function logsHoldNoSecret(t: Test, { lines, secrets, mightyCall, proxy }: HostileWorld): void {
  const all = lines.join('').toLowerCase()
  const numbers = mightyCall
    .truth()
    .calls.flatMap(({ clientNumber }) => (typeof clientNumber === 'string' ? [clientNumber.slice(1)] : []))
  for (const secret of [...secrets, ...proxy.tokens, ...numbers])
    if (all.includes(secret.toLowerCase())) t.fail('a secret or a number was logged')
  t.ok(numbers.length > 0)
}
