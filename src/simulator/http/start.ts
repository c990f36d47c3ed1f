import { listen } from '../../http/server.js'
import type { Clock } from '../../lib/clock.js'
import type { CompanyOptions } from '../company.js'
import { type DeliveryPlan, type Faults, planDeliveries } from '../delivery.js'
import { type Notification, SIMULATED_API_KEY } from '../notifications.js'
import { RESPONSE_TIMEOUT_MS } from '../post.js'
import { type AnswerFaults, createFaultSwitch } from './answer-faults.js'
import { createDailyLimit } from './daily-limit.js'
import { createServer } from './server.js'
import { type TruthAt, truthAt } from './state/truth-at.js'
import { createWorld } from './state/world.js'
import { createTokenStore } from './tokens.js'
import { type Outage, type Poster, type PostStatistics, startPoster } from './webhook-poster.js'

export interface SimulatedMightyCallOptions {
  /** 0 for any free port. */
  port: number
  host?: string
  clock: Clock
  company: CompanyOptions
  /** The webhook address with its token. Without it, nothing is posted. */
  webhookUrl?: URL
  /** Webhooks due before this instant are not posted, but returned as `earlier`. Default: all are posted. */
  postFrom?: number
  /** Faults in the delivery of webhooks. */
  webhookFaults?: Omit<Faults, 'seed'> & { outages?: readonly Outage[] }
  /** How long to wait for the response to a webhook, in real time. Default: 8 s. */
  responseTimeoutMs?: number
  /** Faults in the responses of the REST API, from the start. */
  faults?: AnswerFaults
  /** The number of requests in 24 h. Default: 2,500. */
  dailyLimit?: number
  /** The lifetime of a token. Default: one day minus one second. */
  tokenSeconds?: number
  /** When true, the journal has nil GUIDs. */
  nilGuids?: boolean
}

export interface SimulatedMightyCall {
  /** `http://127.0.0.1:40123` */
  url: string
  /** The `baseUrl` of the account in the accounts file: `http://127.0.0.1:40123/v4`. */
  baseUrl: string
  apiKey: string
  /** The user keys by extension, of the users who sign in by a key. */
  userKeys: Record<string, string>
  /** Returns the ground truth until now. */
  truth: () => TruthAt
  /** Returns `null` when nothing is posted. */
  webhooks: () => PostStatistics | null
  /** The deliveries that were due before `postFrom`, after faults, ordered by time. */
  earlier: DeliveryPlan['deliveries']
  /** Resolves when all planned webhooks have been posted and answered, except those of calls placed by request. */
  posted: Promise<void>
  close: () => Promise<void>
}

/** The documented values (source: MightyCall API v4, Rate Limits and Authentication). */
const DAILY_LIMIT = 2_500
const TOKEN_SECONDS = 86_399

/**
 * Starts a simulated MightyCall with one made-up company, which lives by the given clock. The same options always make
 * the same company.
 */
export async function startSimulatedMightyCall(options: SimulatedMightyCallOptions): Promise<SimulatedMightyCall> {
  const {
    port,
    host = '127.0.0.1',
    clock,
    company,
    webhookUrl,
    webhookFaults = {},
    postFrom = Number.NEGATIVE_INFINITY,
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
  const { deliveries, droppedAt } = planDeliveries(world.notifications, faultsOf(company.seed))
  if (webhookUrl)
    poster = startPoster({
      url: webhookUrl,
      clock,
      outages,
      responseTimeoutMs,
      deliveries: deliveries.filter(({ at }) => at >= postFrom),
      droppedAt: droppedAt.filter(at => at >= postFrom)
    })
  return {
    url,
    baseUrl: `${url}/v4`,
    apiKey,
    userKeys: Object.fromEntries(world.users.flatMap(({ extension, key }) => (key === null ? [] : [[extension, key]]))),
    truth,
    webhooks,
    earlier: deliveries.filter(({ at }) => at < postFrom),
    posted: poster?.done ?? Promise.resolve(),
    close: async () => {
      await poster?.close()
      await app.close()
    }
  }
}
