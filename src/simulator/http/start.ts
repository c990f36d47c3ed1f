import { listen } from '../../http/server.js'
import type { Clock } from '../../lib/clock.js'
import type { CompanyOptions } from '../company.js'
import type { Faults } from '../faults.js'
import { SIMULATED_API_KEY } from '../notation.js'
import type { Notification } from '../notifications.js'
import { RESPONSE_TIMEOUT_MS } from '../post-one.js'
import { type AnswerFaults, createFaultSwitch } from './answer-faults.js'
import { createDailyLimit } from './daily-limit.js'
import { createServer } from './server.js'
import { type TruthAt, truthAt } from './state/truth-at.js'
import { createWorld } from './state/world.js'
import { createTokenStore } from './tokens.js'
import { planDeliveries } from './webhooks/plan.js'
import { type Outage, type Poster, type PostStatistics, startPoster } from './webhooks/poster.js'

export interface SimulatedMightyCallOptions {
  /** 0: any that is free. */
  port: number
  host?: string
  clock: Clock
  company: CompanyOptions
  /** With its token. Without it nothing is posted. */
  webhookUrl?: URL
  /** What happens to webhooks on their way. */
  webhookFaults?: Omit<Faults, 'seed'> & { outages?: readonly Outage[] }
  /** How long an answer to a webhook is waited for, in true time: 8 s. */
  responseTimeoutMs?: number
  /** What is wrong with the answers of the REST API, from the beginning. */
  faults?: AnswerFaults
  /** In 24 h: 2,500. */
  dailyLimit?: number
  /** A token lives for so long: a day but a second. */
  tokenSeconds?: number
  /** The journal tells no request's GUID. */
  nilGuids?: boolean
}

export interface SimulatedMightyCall {
  /** `http://127.0.0.1:40123` */
  url: string
  /** What a client takes for the base URL of its account: `http://127.0.0.1:40123/v4`. */
  baseUrl: string
  apiKey: string
  /** By extension, of those who sign in by a key. */
  userKeys: Record<string, string>
  /** What really happened until now. */
  truth: () => TruthAt
  /** Null: nothing is posted. */
  webhooks: () => PostStatistics | null
  /** All webhooks that were due at any time have been posted and answered, but those of calls that were asked for. */
  posted: Promise<void>
  close: () => Promise<void>
}

/** What MightyCall documents (source: MightyCall API v4, Rate Limits and Authentication). */
const DAILY_LIMIT = 2_500
const TOKEN_SECONDS = 86_399

/**
 * A MightyCall over HTTP with one made-up company, whose time is the clock's. The same options always make the same
 * company.
 */
export async function startSimulatedMightyCall(options: SimulatedMightyCallOptions): Promise<SimulatedMightyCall> {
  const {
    port,
    host = '127.0.0.1',
    clock,
    company,
    webhookUrl,
    webhookFaults = {},
    nilGuids = false,
    dailyLimit = DAILY_LIMIT,
    tokenSeconds = TOKEN_SECONDS,
    responseTimeoutMs = RESPONSE_TIMEOUT_MS
  } = options
  const world = createWorld(company, { nilGuids })
  const now = () => clock.now().getTime()
  const truth = () => truthAt(world, now())
  const limit = createDailyLimit(dailyLimit)
  const { blockedForSeconds, ...faults } = options.faults ?? {}
  if (typeof blockedForSeconds === 'number') limit.block(now() + blockedForSeconds * 1000)
  const { outages = [], ...deliveryFaults } = webhookFaults
  const apiKey = SIMULATED_API_KEY
  let poster: Poster | null = null
  const webhooks = () => poster?.statistics() ?? null
  const faultsOf = (seed: number): Faults => ({ seed, ...deliveryFaults })
  const post = (notifications: readonly Notification[]) =>
    poster?.add(planDeliveries(notifications, faultsOf(company.seed + world.truth.calls.length)))
  const app = createServer({
    world,
    post,
    now,
    apiKey,
    tokens: createTokenStore(world, { apiKey, tokenSeconds }),
    limit,
    faults: createFaultSwitch(faults),
    truth,
    webhooks
  })
  const url = await listen(app, { host, port })
  if (webhookUrl)
    poster = startPoster({
      url: webhookUrl,
      clock,
      outages,
      responseTimeoutMs,
      ...planDeliveries(world.notifications, faultsOf(company.seed))
    })
  return {
    url,
    baseUrl: `${url}/v4`,
    apiKey,
    userKeys: Object.fromEntries(world.users.flatMap(({ extension, key }) => (key === null ? [] : [[extension, key]]))),
    truth,
    webhooks,
    posted: poster?.done ?? Promise.resolve(),
    close: async () => {
      await poster?.close()
      await app.close()
    }
  }
}
