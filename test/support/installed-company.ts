import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Test } from 'tap'
import { systemClock } from '../../src/lib/clock.js'
import { DAY_MS } from '../../src/lib/instant.js'
import { startSimulatedMightyCall } from '../../src/simulator/http/start.js'
import { freshDatabase } from './database.js'
import { randomSecrets, startServiceProcess } from './service.js'
import { tempDir } from './temp-dir.js'

/** Sets up a newly installed service for a company that has used MightyCall for four days. */
export async function startInstalledCompany(t: Test) {
  const startAt = Date.now() - 4 * DAY_MS
  const mightyCall = await startSimulatedMightyCall({
    port: 0,
    clock: systemClock,
    company: { seed: 11, startAt, calls: 90, messages: 40, hours: 66 }
  })
  t.teardown(mightyCall.close)
  const { pool, url } = await freshDatabase(t)
  const DATA_DIR = tempDir(t)
  const ACCOUNTS_FILE = path.join(DATA_DIR, 'accounts.json')
  const { WEBHOOK_TOKENS, ADMIN_KEY } = randomSecrets()
  writeFileSync(
    ACCOUNTS_FILE,
    JSON.stringify([
      {
        id: 'acme',
        tokens: [WEBHOOK_TOKENS],
        apiKey: mightyCall.apiKey,
        userKeys: mightyCall.userKeys,
        kind: 'classic',
        baseUrl: mightyCall.baseUrl
      }
    ])
  )
  const environment = { DATA_DIR, ACCOUNTS_FILE, DATABASE_URL: url, ADMIN_KEY }
  const rows = async <Row extends object>(sql: string) => (await pool.query<Row>(sql)).rows
  const start = (overrides: Record<string, string> = {}) => startServiceProcess(t, { ...environment, ...overrides })
  return { mightyCall, rows, environment, since: new Date(startAt).toISOString(), start }
}
