import type { FastifyBaseLogger, FastifyError, FastifyRequest } from 'fastify'
import { BusyError, isErrorCode, OverloadedError } from '../errors.js'
import { countRepeats } from '../lib/count-repeats.js'

/** While a route fails as it did in the last minute, its failures are counted instead of logged one by one. */
const LOG_EVERY_MS = 60_000

/** Returns a function that logs the failures of requests: server errors, except those that have an alarm of their own. */
export function createFailureLog(log: FastifyBaseLogger): (err: FastifyError, request: FastifyRequest) => void {
  const write = countRepeats<{ route: string | undefined; err: FastifyError }>(LOG_EVERY_MS, {
    keyOf: ({ route, err }) => `${route} ${err.code ?? err.name}`,
    report: (failure, count) => {
      if (isRefusal(failure.err)) log.warn({ ...failure, count }, 'requests are refused')
      else log.error({ ...failure, count }, 'a request failed')
    }
  })
  return (err, request) => {
    if ((err.statusCode ?? 500) < 500 || err instanceof OverloadedError || err instanceof BusyError) return
    write({ route: request.routeOptions.url, err })
  }
}

/** Whether the service cannot do its work at the moment, which is not a bug. The cause has its own line in the log. */
function isRefusal(err: FastifyError): boolean {
  return err.statusCode === 503 && isErrorCode(err.code)
}
