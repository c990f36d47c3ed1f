import type { Logger } from 'pino'
import type { Account } from '../../accounts/accounts.js'
import { RestUnavailableError } from '../../errors.js'
import type { Drift } from '../../events/drift.js'
import type { Gate } from '../../lib/semaphore.js'
import { raiseAlarm } from '../../observability/alarms.js'
import { responseError, restFailureOf } from './failures.js'
import { type HttpLimits, type HttpRequest, type HttpResponse, sendHttp } from './http.js'
import type { PermitClass, Quota } from './quota/port.js'
import type { RateBlocks } from './rate-blocks.js'
import { type RestResponse, readResponse } from './read-response.js'
import type { InputOf, Route } from './route.js'
import type { Credentials } from './token-request.js'
import type { Tokens } from './tokens.js'
import { writeRequest } from './write-request.js'

/** MightyCall as one user of an account sees it. */
export interface RestClient {
  /** @throws the errors that `restFailureOf` distinguishes */
  send: <R extends Route>(route: R, input: InputOf<R>, permitClass: PermitClass) => Promise<RestResponse<R>>
}

/** Of one account object: a reload brings new ones, and with them a new try. */
export interface AccountState {
  gate: Gate
  rateBlocks: RateBlocks
  /** By extension. */
  tokens: Map<string, Tokens>
  /** Its credentials are refused: nothing is sent any more. */
  stopped: Error | null
}

export interface RestClientOptions {
  account: Account
  state: AccountState
  /** @throws RestAuthError  the account has none */
  credentials: () => Credentials
  tokens: Tokens
  quota: Quota
  limits: HttpLimits
  logger: Logger
  now: () => Date
  /** Never rejects. */
  onDrift: (drifts: readonly Drift[]) => Promise<void>
}

export function createRestClient(parts: RestClientOptions): RestClient {
  const { account, state, limits, now, quota } = parts
  return {
    send: async (route, input, permitClass) => {
      const request = writeRequest(route, input, account)
      state.rateBlocks.check(route, now())
      const answer = await state.gate.run(() =>
        route.isOpen ? sendHttp(request, limits) : sendSigned(request, permitClass, parts)
      )
      const problem = responseError(answer, now(), state.rateBlocks.refusals(route))
      state.rateBlocks.note(route, problem)
      if (problem) throw route.hasOwnLimit ? problem : await recordBlock(problem, account.apiKey, quota)
      return await readAndReportDrift(route, answer.json, parts)
    }
  }
}

/** An answer that cannot be read tells its drift too: it says why. */
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

/** With a token, and once more with another when that is not taken. */
async function sendSigned(
  request: HttpRequest,
  permitClass: PermitClass,
  parts: RestClientOptions
): Promise<HttpResponse> {
  const { state, tokens, quota, limits, now } = parts
  const { apiKey } = readCredentials(parts)
  for (let tries = 1; ; tries++) {
    const token = await getToken(permitClass, parts)
    if (state.stopped) throw state.stopped
    await quota.take(apiKey, permitClass, now())
    const answer = await sendHttp(
      { ...request, headers: { ...request.headers, authorization: `Bearer ${token}`, 'x-api-key': apiKey } },
      limits
    )
    if (answer.status !== 401) return answer
    tokens.discard(token)
    if (tries === 2) throw rejectedToken(tokens)
  }
}

/** The credentials gave a token, and it is not taken: that is MightyCall's trouble, and passes. */
function rejectedToken(tokens: Tokens): Error {
  const err = new RestUnavailableError('it does not take its own token')
  tokens.backOff(err)
  return err
}

function readCredentials(parts: RestClientOptions): Credentials {
  try {
    return parts.credentials()
  } catch (err) {
    throw stopOnAuthFailure(err, parts)
  }
}

async function getToken(permitClass: PermitClass, parts: RestClientOptions): Promise<string> {
  if (parts.state.stopped) throw parts.state.stopped
  try {
    return await parts.tokens.get(permitClass)
  } catch (err) {
    throw stopOnAuthFailure(err, parts)
  }
}

/** The same error. One alarm for each account: what is refused once will be refused again, and each try is counted. */
function stopOnAuthFailure(err: unknown, { account, state, logger }: RestClientOptions): unknown {
  if (restFailureOf(err)?.kind === 'auth' && !state.stopped) {
    state.stopped = err as Error // what has a kind is one
    raiseAlarm(
      logger,
      { alarm: 'rest-credentials', account: account.id, err },
      'the credentials of an account are refused: MightyCall is not asked again before a reload'
    )
  }
  return err
}

/** The same error, once all processes know of a block. A ledger that cannot be written must not hide it. */
export async function recordBlock(err: Error, apiKey: string | null, quota: Quota): Promise<Error> {
  const trouble = restFailureOf(err)
  if (trouble?.kind === 'blocked' && trouble.until !== null && apiKey !== null)
    await quota.block(apiKey, trouble.until).catch(() => {})
  return err
}
