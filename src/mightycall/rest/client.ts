import type { Logger } from 'pino'
import type { Account } from '../../accounts/accounts.js'
import { errorCodeOf, InternalError, RestUnavailableError } from '../../errors.js'
import type { Drift } from '../../events/drift.js'
import type { Semaphore } from '../../lib/semaphore.js'
import { raiseAlarm, resolveAlarm } from '../../observability/alarms.js'
import { responseError, restFailureOf } from './failures.js'
import { type HttpOptions, type HttpRequest, type HttpResponse, sendHttp } from './http.js'
import type { PermitClass, Quota } from './quota/port.js'
import type { RateBlocks } from './rate-blocks.js'
import { type RestResponse, readResponse } from './read-response.js'
import { type InputOf, type Route, routeName } from './route.js'
import type { Credentials } from './token-request.js'
import type { Tokens } from './tokens.js'
import { writeRequest } from './write-request.js'

/** A client of MightyCall's REST API for one user of an account. */
export interface RestClient {
  /** @throws the errors that `restFailureOf` distinguishes */
  send: <R extends Route>(route: R, input: InputOf<R>, permitClass: PermitClass) => Promise<RestResponse<R>>
}

/** State that all clients of one account object share. A reload of the accounts creates new objects and a new state. */
export interface AccountState {
  gate: Semaphore
  rateBlocks: RateBlocks
  /** Token caches by extension. */
  tokens: Map<string, Tokens>
  /** Set when MightyCall refuses the credentials: no more requests are sent. */
  stopped: Error | null
}

export interface RestClientOptions {
  account: Account
  state: AccountState
  /** @throws RestAuthError  the account has no credentials */
  credentials: () => Credentials
  tokens: Tokens
  quota: Quota
  limits: HttpOptions
  /** Called with the code of each failure. */
  onFailure: (failure: { route: string; code: string }) => void
  logger: Logger
  now: () => Date
  /** Never rejects. */
  onDrift: (drifts: readonly Drift[]) => Promise<void>
}

export function createRestClient(options: RestClientOptions): RestClient {
  const { account, state, limits, now, quota } = options

  async function send<R extends Route>(
    route: R,
    input: InputOf<R>,
    permitClass: PermitClass
  ): Promise<RestResponse<R>> {
    const request = writeRequest(route, input, account)
    state.rateBlocks.check(route, now())
    const response = await state.gate.run(() =>
      route.isOpen ? sendHttp(request, limits) : sendSigned(request, permitClass, options)
    )
    const err = responseError(response, now(), state.rateBlocks.refusals(route))
    state.rateBlocks.note(route, err)
    if (err) throw route.hasOwnLimit ? err : await recordBlock(err, account.apiKey, quota)
    return await readAndReportDrift(route, response.json, options)
  }

  return {
    send: async (route, input, permitClass) => {
      try {
        return await send(route, input, permitClass)
      } catch (err) {
        options.onFailure({ route: routeName(route), code: errorCodeOf(err) ?? new InternalError().code })
        throw err
      }
    }
  }
}

/** Reports drift also when the response cannot be read, since drift shows the reason. */
async function readAndReportDrift<R extends Route>(
  route: R,
  json: unknown,
  { onDrift }: RestClientOptions
): Promise<RestResponse<R>> {
  const drifts: Drift[] = []
  try {
    return readResponse(route, json ?? null, drift => {
      drifts.push(drift)
    })
  } finally {
    await onDrift(drifts)
  }
}

/** Sends the request with a token, and once more with a new token when MightyCall refuses the first. */
async function sendSigned(
  request: HttpRequest,
  permitClass: PermitClass,
  options: RestClientOptions
): Promise<HttpResponse> {
  const { state, tokens, quota, limits, now } = options
  const { apiKey } = readCredentials(options)
  for (let tries = 1; ; tries++) {
    const token = await getToken(permitClass, options)
    if (state.stopped) throw state.stopped
    await quota.take(apiKey, permitClass, now())
    const response = await sendHttp(
      { ...request, headers: { ...request.headers, authorization: `Bearer ${token}`, 'x-api-key': apiKey } },
      limits
    )
    if (response.status !== 401) return response
    tokens.discard(token)
    if (tries === 2) throw rejectedToken(tokens)
  }
}

/** MightyCall issued a token and refuses it. This is a temporary failure of MightyCall, not of the credentials. */
function rejectedToken(tokens: Tokens): Error {
  const err = new RestUnavailableError('it rejects its own token')
  tokens.backOff(err)
  return err
}

function readCredentials(options: RestClientOptions): Credentials {
  try {
    return options.credentials()
  } catch (err) {
    throw stopOnAuthFailure(err, options)
  }
}

async function getToken(permitClass: PermitClass, options: RestClientOptions): Promise<string> {
  if (options.state.stopped) throw options.state.stopped
  try {
    const token = await options.tokens.get(permitClass)
    resolveAlarm(options.logger, { alarm: 'rest-credentials', account: options.account.id })
    return token
  } catch (err) {
    throw stopOnAuthFailure(err, options)
  }
}

/**
 * Returns the same error, after stopping the account with one alarm when its credentials were refused: they would be
 * refused again, and each attempt counts against the quota.
 */
function stopOnAuthFailure(err: unknown, { account, state, logger }: RestClientOptions): unknown {
  if (restFailureOf(err)?.kind === 'auth' && !state.stopped) {
    state.stopped = err as Error // restFailureOf returns a kind for Errors only
    raiseAlarm(
      logger,
      { alarm: 'rest-credentials', account: account.id, err },
      'MightyCall refuses the credentials of an account: no more requests until its configuration is reloaded'
    )
  }
  return err
}

/**
 * Returns the same error, after recording a block of the key for all processes. A failure to record it must not hide
 * the error.
 */
export async function recordBlock(err: Error, apiKey: string | null, quota: Quota): Promise<Error> {
  const failure = restFailureOf(err)
  if (failure?.kind === 'blocked' && failure.until !== null && apiKey !== null)
    await quota.block(apiKey, failure.until).catch(() => {})
  return err
}
