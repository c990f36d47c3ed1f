import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { BusyError, isErrorCode, LiveClosedError, OverloadedError } from '../errors.js'
import { countRepeats } from '../lib/count-repeats.js'

/** While a route fails as it did in the last minute, its failures are counted instead of logged one by one. */
const LOG_EVERY_MS = 60_000

/**
 * Returns a function that logs the failures of requests: server errors, except those that have an alarm of their own,
 * and refusals by a service that stops.
 */
export function createFailureLog(app: FastifyInstance): (err: FastifyError, request: FastifyRequest) => void {
  const { log } = app
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })
  const write = countRepeats<{ route: string | undefined; err: FastifyError }>(LOG_EVERY_MS, {
    keyOf: ({ route, err }) => `${route} ${err.code ?? err.name}`,
    report: (failure, count) => {
      if (isRefusal(failure.err)) log.warn({ ...failure, count }, 'requests are refused')
      else log.error({ ...failure, count }, 'a request failed')
    }
  })
  return (err, request) => {
    if ((err.statusCode ?? 500) < 500 || hasOwnLine(err) || (isClosing && isRefusal(err))) return
    write({ route: request.routeOptions.url, err })
  }
}

/** An overload is an alarm, and a live view that ends is a part of each stop. */
function hasOwnLine(err: FastifyError): boolean {
  return err instanceof OverloadedError || err instanceof BusyError || err instanceof LiveClosedError
}

/** Whether the service cannot do its work at the moment, which is not a bug. The cause has its own line in the log. */
function isRefusal(err: FastifyError): boolean {
  return err.statusCode === 503 && isErrorCode(err.code)
}
