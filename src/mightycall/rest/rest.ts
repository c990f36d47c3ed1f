import type { Logger } from 'pino'
import type { Account } from '../../accounts/accounts.js'
import type { Drift } from '../../events/drift.js'
import { createGate } from '../../lib/semaphore.js'
import { type AccountState, createRestClient, type RestClient, recordBlock } from './client.js'
import type { HttpLimits } from './http.js'
import type { Quota } from './quota/port.js'
import { createRateBlocks, type RateBlocks } from './rate-blocks.js'
import { credentialsOf, requestToken } from './token-request.js'
import { createTokens, type Tokens } from './tokens.js'

export interface RestOptions {
  quota: Quota
  logger: Logger
  now: () => Date
  /** 0 to 1, for the jitter of what is tried again. */
  random: () => number
  /**
   * Told of what an answer held that we do not know or cannot read, with every answer that does; the answer waits for
   * it. Never rejects.
   */
  onDrift: (account: string, drifts: readonly Drift[]) => void | Promise<void>
  limits?: Partial<HttpLimits>
}

export interface Rest {
  /**
   * Takes the account as it is now: ask again after a reload. All clients of one account object share what is in
   * flight, tokens, and a stop.
   * @param extension  whose key the token is made from
   */
  clientOf: (account: Account, extension: string) => RestClient
}

const LIMITS: HttpLimits = { timeoutMs: 20_000, maxBytes: 16 * 1024 ** 2 }
const MOST_IN_FLIGHT = 2

/** MightyCall's REST API for the accounts of this process. */
export function createRest(options: RestOptions): Rest {
  const states = new WeakMap<Account, AccountState>()
  const limits = { ...LIMITS, ...options.limits }

  function stateOf(account: Account): AccountState {
    const state = states.get(account) ?? {
      gate: createGate(MOST_IN_FLIGHT),
      rateBlocks: createRateBlocks(),
      tokens: new Map<string, Tokens>(),
      stopped: null
    }
    states.set(account, state)
    return state
  }

  return {
    clientOf: (account, extension) => {
      const state = stateOf(account)
      const credentials = () => credentialsOf(account, extension)
      const tokens =
        state.tokens.get(extension) ?? countedTokens({ credentials, throttle: state.rateBlocks, limits }, options)
      state.tokens.set(extension, tokens)
      return createRestClient({
        ...options,
        account,
        state,
        credentials,
        tokens,
        limits,
        onDrift: async drifts => {
          if (drifts.length > 0) await options.onDrift(account.id, drifts)
        }
      })
    }
  }
}

type CredentialsOf = () => ReturnType<typeof credentialsOf>

/** Requests for a token are taken from the quota too: whether MightyCall counts them is not documented. */
function countedTokens(
  { credentials, throttle, limits }: { credentials: CredentialsOf; throttle: RateBlocks; limits: HttpLimits },
  { quota, now, random }: RestOptions
): Tokens {
  return createTokens({
    now,
    random,
    request: async (grant, permitClass) => {
      const known = credentials()
      await quota.take(known.apiKey, permitClass, now())
      const asked = requestToken(grant, known, { limits, now, refusals: throttle.refusals(null) })
      return asked.catch(async err => {
        throttle.note(null, err)
        throw await recordBlock(err, known.apiKey, quota)
      })
    }
  })
}
