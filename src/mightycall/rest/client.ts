import type { Logger } from 'pino'
import type { Account } from '../../accounts/accounts.js'
import { RestUnavailableError } from '../../errors.js'
import type { Drift } from '../../events/drift.js'
import type { Gate } from '../../lib/semaphore.js'
import { problemOf, troubleOf } from './failures.js'
import { exchange, type HttpAnswer, type HttpRequest, type Limits } from './http.js'
import type { PermitClass, Quota } from './quota/port.js'
import type { Throttle } from './rate-blocks.js'
import { type ReadAnswer, readAnswer } from './read-response.js'
import type { InputOf, Route } from './route.js'
import type { Credentials } from './token-request.js'
import type { Tokens } from './tokens.js'
import { writeRequest } from './write-request.js'

/** MightyCall as one user of an account sees it. */
export interface RestClient {
  /** @throws what `troubleOf` tells apart */
  send: <R extends Route>(route: R, input: InputOf<R>, permitClass: PermitClass) => Promise<ReadAnswer<R>>
}

/** Of one account object: a reload brings new ones, and with them a new try. */
export interface AccountState {
  gate: Gate
  throttle: Throttle
  /** By extension. */
  tokens: Map<string, Tokens>
  /** Its credentials are refused: nothing is sent any more. */
  stopped: Error | null
}

export interface ClientParts {
  account: Account
  state: AccountState
  /** @throws RestAuthError  the account has none */
  credentials: () => Credentials
  tokens: Tokens
  quota: Quota
  limits: Limits
  logger: Logger
  now: () => Date
  /** Never rejects. */
  onDrift: (drifts: readonly Drift[]) => Promise<void>
}

export function createClient(parts: ClientParts): RestClient {
  const { account, state, limits, now, quota } = parts
  return {
    send: async (route, input, permitClass) => {
      const request = writeRequest(route, input, account)
      state.throttle.check(route, now())
      const answer = await state.gate.run(() =>
        route.isOpen ? exchange(request, limits) : sendSigned(request, permitClass, parts)
      )
      const problem = problemOf(answer, now(), state.throttle.refusals(route))
      state.throttle.note(route, problem)
      if (problem) throw route.hasOwnLimit ? problem : await noted(problem, account.apiKey, quota)
      return await readTelling(route, answer.json, parts)
    }
  }
}

/** An answer that cannot be read tells its drift too: it says why. */
async function readTelling<R extends Route>(route: R, json: unknown, { onDrift }: ClientParts): Promise<ReadAnswer<R>> {
  const drifts: Drift[] = []
  try {
    return readAnswer(route, json ?? null, drift => {
      drifts.push(drift)
    })
  } finally {
    await onDrift(drifts)
  }
}

/** With a token, and once more with another when that is not taken. */
async function sendSigned(request: HttpRequest, permitClass: PermitClass, parts: ClientParts): Promise<HttpAnswer> {
  const { state, tokens, quota, limits, now } = parts
  const { apiKey } = keysOf(parts)
  for (let tries = 1; ; tries++) {
    const token = await getToken(permitClass, parts)
    if (state.stopped) throw state.stopped
    await quota.take(apiKey, permitClass, now())
    const answer = await exchange(
      { ...request, headers: { ...request.headers, authorization: `Bearer ${token}`, 'x-api-key': apiKey } },
      limits
    )
    if (answer.status !== 401) return answer
    tokens.discard(token)
    if (tries === 2) throw refused(tokens)
  }
}

/** The credentials gave a token, and it is not taken: that is MightyCall's trouble, and passes. */
function refused(tokens: Tokens): Error {
  const err = new RestUnavailableError('it does not take its own token')
  tokens.backOff(err)
  return err
}

function keysOf(parts: ClientParts): Credentials {
  try {
    return parts.credentials()
  } catch (err) {
    throw stopped(err, parts)
  }
}

async function getToken(permitClass: PermitClass, parts: ClientParts): Promise<string> {
  if (parts.state.stopped) throw parts.state.stopped
  try {
    return await parts.tokens.get(permitClass)
  } catch (err) {
    throw stopped(err, parts)
  }
}

/** The same error. One alarm for each account: what is refused once will be refused again, and each try is counted. */
function stopped(err: unknown, { account, state, logger }: ClientParts): unknown {
  if (troubleOf(err)?.kind === 'auth' && !state.stopped) {
    state.stopped = err as Error // what has a kind is one
    logger.error(
      { alarm: 'rest-credentials', account: account.id, err },
      'the credentials of an account are refused: MightyCall is not asked again before a reload'
    )
  }
  return err
}

/** The same error, once all processes know of a block. A ledger that cannot be written must not hide it. */
export async function noted(err: Error, apiKey: string | null, quota: Quota): Promise<Error> {
  const trouble = troubleOf(err)
  if (trouble?.kind === 'blocked' && trouble.until !== null && apiKey !== null)
    await quota.block(apiKey, trouble.until).catch(() => {})
  return err
}
