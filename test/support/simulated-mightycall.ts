import { pino } from 'pino'
import type { Test } from 'tap'
import type { Account } from '../../src/accounts/accounts.js'
import type { Drift } from '../../src/events/drift.js'
import type { Clock } from '../../src/lib/clock.js'
import { DAY_MS } from '../../src/lib/instant.js'
import type { HttpLimits } from '../../src/mightycall/rest/http.js'
import { createQuotaLedger } from '../../src/mightycall/rest/quota/ledger.js'
import { createRest } from '../../src/mightycall/rest/rest.js'
import type { CompanyOptions } from '../../src/simulator/company.js'
import { type SimulatedMightyCallOptions, startSimulatedMightyCall } from '../../src/simulator/http/start.js'
import { COMPANY_START } from './company.js'
import { freshDatabase } from './database.js'

/** A time at which everything has happened and was reported. */
const AFTER_THE_COMPANY = COMPANY_START + 7 * DAY_MS

export interface SettableClock extends Clock {
  /** Sets the time, in milliseconds since 1970. */
  set: (at: number) => void
}

/** Creates a clock whose time the test sets, and whose waits resolve at once. */
function settableClock(at: number): SettableClock {
  let time = at
  return {
    now: () => new Date(time),
    wait: async () => {},
    set: at => {
      time = at
    }
  }
}

interface Options extends Partial<SimulatedMightyCallOptions> {
  companyOptions?: Partial<CompanyOptions>
  at?: number
}

/** Starts a simulated MightyCall whose clock the test sets. */
export async function simulatedMightyCall(
  t: Test,
  { companyOptions, at = AFTER_THE_COMPANY, ...options }: Options = {}
) {
  const clock = settableClock(at)
  const company: CompanyOptions = { seed: 3, startAt: COMPANY_START, calls: 60, messages: 30, ...companyOptions }
  const mightyCall = await startSimulatedMightyCall({ port: 0, clock, company, ...options })
  t.teardown(mightyCall.close)
  const get = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${mightyCall.url}${path}`, init)
    const body = await response.text()
    return { status: response.status, headers: response.headers, body, json: () => JSON.parse(body) }
  }
  const post = (path: string, body: unknown) =>
    get(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return { ...mightyCall, clock, company, get, post }
}

/** Starts a simulated MightyCall, and a REST client with its own quota. */
export async function simulatedRest(
  t: Test,
  { limits, budget = 100_000, ...options }: Options & { limits?: Partial<HttpLimits>; budget?: number } = {}
) {
  const simulated = await simulatedMightyCall(t, options)
  const { pool } = await freshDatabase(t)
  const drifts: Drift[] = []
  const rest = createRest({
    quota: createQuotaLedger(pool, budget),
    ...(limits && { limits }),
    logger: pino({ level: 'silent' }),
    now: simulated.clock.now,
    random: () => 1,
    onDrift: (_account, found) => {
      drifts.push(...found)
    }
  })
  const account: Account = {
    id: 'default',
    tokens: [],
    apiKey: simulated.apiKey,
    userKeys: simulated.userKeys,
    kind: simulated.company.family ?? 'classic',
    baseUrl: simulated.baseUrl,
    timeZone: 'UTC',
    region: 'US'
  }
  return { ...simulated, rest, account, client: rest.clientOf(account, '101'), drifts }
}
