import type { Logger } from 'pino'
import type { Account } from '../../accounts/accounts.js'
import type { Drift } from '../../events/drift.js'
import { createSemaphore } from '../../lib/semaphore.js'
import { type AccountState, createRestClient, type RestClient, type RestClientOptions, recordBlock } from './client.js'
import type { HttpLimits, HttpOptions } from './http.js'
import type { Quota } from './quota/port.js'
import { createRateBlocks, type RateBlocks } from './rate-blocks.js'
import { credentialsOf, requestToken } from './token-request.js'
import { createTokens, type Tokens } from './tokens.js'

export interface RestOptions {
  quota: Quota
  logger: Logger
  now: () => Date
  /** Returns a number from 0 to 1, for the jitter of retries. */
  random: () => number
  /** Called for each response with unknown or unreadable values, and awaited before it is returned. Never rejects. */
  onDrift: (account: string, drifts: readonly Drift[]) => void | Promise<void>
  limits?: Partial<HttpLimits>
  /** Receives what the metrics count. */
  observer?: RestObserver
}

export type RestObserver = Pick<HttpOptions, 'onExchange'> & Pick<RestClientOptions, 'onFailure'>

export interface Rest {
  /**
   * Returns a client for the current configuration of the account; call it again after a reload. All clients of one
   * account object share their state.
   *
   * @param extension  the user whose key is exchanged for the token
   */
  clientOf: (account: Account, extension: string) => RestClient
}

const LIMITS: HttpLimits = { timeoutMs: 20_000, maxBytes: 16 * 1024 ** 2 }
const MAX_IN_FLIGHT = 2
const NO_OBSERVER: RestObserver = { onExchange: () => {}, onFailure: () => {} }

/** Creates clients of MightyCall's REST API for the accounts of this process. */
export function createRest(options: RestOptions): Rest {
  const states = new WeakMap<Account, AccountState>()
  const { onExchange, onFailure } = options.observer ?? NO_OBSERVER
  const limits = { ...LIMITS, ...options.limits, onExchange }

  function stateOf(account: Account): AccountState {
    const state = states.get(account) ?? {
      gate: createSemaphore(MAX_IN_FLIGHT),
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
        state.tokens.get(extension) ?? countedTokens({ credentials, rateBlocks: state.rateBlocks, limits }, options)
      state.tokens.set(extension, tokens)
      return createRestClient({
        ...options,
        account,
        state,
        credentials,
        tokens,
        limits,
        onFailure,
        onDrift: async drifts => {
          if (drifts.length > 0) await options.onDrift(account.id, drifts)
        }
      })
    }
  }
}

type CredentialsOf = () => ReturnType<typeof credentialsOf>

/** Token requests take a permit too, since it is not documented whether MightyCall counts them. */
function countedTokens(
  { credentials, rateBlocks, limits }: { credentials: CredentialsOf; rateBlocks: RateBlocks; limits: HttpOptions },
  { quota, now, random }: RestOptions
): Tokens {
  return createTokens({
    now,
    random,
    request: async (grant, permitClass) => {
      const known = credentials()
      await quota.take(known.apiKey, permitClass, now())
      const issued = requestToken(grant, known, { limits, now, refusals: rateBlocks.refusals(null) })
      return issued.catch(async err => {
        rateBlocks.note(null, err)
        throw await recordBlock(err, known.apiKey, quota)
      })
    }
  })
}
