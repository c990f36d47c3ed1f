import { DAY_MS } from '../../../lib/instant.js'
import { formatInstant } from '../../instant.js'
import { invalidRequest, notFound } from '../error-responses.js'
import { choices, instant, integer, text } from '../query.js'
import { CALL_FILTERS, callRow, isCallWanted, visibleCalls } from '../state/call-rows.js'
import { placeCallNow } from '../state/place-call.js'
import type { User } from '../state/world.js'
import { type Row, withOffset } from '../wire.js'
import { enveloped, queryOf, type RouteContext, type Routes } from './context.js'

const PARAMETERS = {
  pageSize: integer(1, 10),
  skip: integer(0, 0),
  startUtc: instant,
  endUtc: instant,
  callFilter: choices(...CALL_FILTERS),
  customFilter: text,
  extension: text
}
/** The documented formats; numbers may contain spaces. */
const FROM = /^\+?(?:\d ?){6,14}\d$/
const TO = /^\+?(?:\d ?){2,15}$/

/** The interval defaults to the last 24 h. */
export const callRoutes: Routes = (app, context) => {
  const { world, now } = context
  app.get('/calls', request => {
    const at = now()
    const { pageSize, skip, startUtc, endUtc, callFilter, customFilter, extension } = queryOf(request, PARAMETERS)
    const [since, until] = [formatInstant(startUtc ?? at - DAY_MS), formatInstant(endUtc ?? at)]
    const calls = visibleCalls(world, at).filter(call => {
      const { startedAt, parties } = call
      return (
        startedAt !== null &&
        startedAt >= since &&
        startedAt <= until &&
        isCallWanted(call, callFilter) &&
        (extension === null || parties.some(party => party.extension === extension)) &&
        (customFilter === null || JSON.stringify(callRow(world, call, at)).includes(customFilter))
      )
    })
    return enveloped({
      calls: calls.slice(skip, skip + pageSize).map(call => callRow(world, call, at)),
      total: calls.length
    })
  })

  app.get<{ Params: { id: string } }>('/calls/:id', request => {
    const at = now()
    const call = world.history.calls.latest(request.params.id, at)
    if (!call) throw notFound('Call')
    return enveloped(callRow(world, call, at))
  })

  app.post<{ Body: { from?: unknown; to?: unknown } | null }>('/calls/makecall', request => {
    const from = parseNumber(request.body?.from, FROM)
    const to = parseNumber(request.body?.to, TO)
    // the response for another company's number is not documented
    const isOwnNumber = world.truth.numbers.some(({ number }) => number === from)
    if (from === null || to === null || !isOwnNumber)
      throw invalidRequest({
        ...(!isOwnNumber && { 'model.From': 'Invalid phone number format.' }),
        ...(to === null && { 'model.To': 'Invalid phone number format.' })
      })
    return enveloped(startedCallRow(context, { user: context.userOf(request), from, to }))
  })
}

/** Starts a call and returns its row before anybody has answered. */
function startedCallRow(
  { now, world, post }: RouteContext,
  { user, from, to }: { user: User; from: string; to: string }
): Row {
  const { call, notifications } = placeCallNow(world, { at: now(), dialer: user.extension, businessNumber: from, to })
  post(notifications)
  const called = [{ isConnected: false, ...(call.direction === 'internal' ? { extension: to } : { phone: to }) }]
  return {
    id: call.id,
    caller: { name: user.name },
    called,
    businessNumber: from,
    dateTimeUtc: withOffset(formatInstant(call.startedAt)),
    duration: null,
    direction: 'Outgoing',
    callStatus: null,
    callRecord: null
  }
}

/** Returns the number without spaces and, unless it is an extension, with a plus; `null` when it is invalid. */
function parseNumber(value: unknown, format: RegExp): string | null {
  if (typeof value !== 'string' || !format.test(value)) return null
  const digits = value.replace(/\D/g, '')
  return digits.length < 7 ? digits : `+${digits}`
}
