import { DAY_MS } from '../../../lib/instant.js'
import { formatInstant } from '../../instant.js'
import { choices, instant, text, integer } from '../query.js'
import { invalidRequest, notFound } from '../refusals.js'
import { CALL_FILTERS, callRow, visibleCalls, isCallWanted } from '../state/call-rows.js'
import { placeCallNow } from '../state/calls-now.js'
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
/** As documented; spaces may be in it. */
const FROM = /^\+?(?:\d ?){6,14}\d$/
const TO = /^\+?(?:\d ?){2,15}$/

/** Without an interval: those of the last 24 h. */
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
    const isOurs = world.truth.numbers.some(({ number }) => number === from) // what is said of another's is not documented
    if (from === null || to === null || !isOurs)
      throw invalidRequest({
        ...(!isOurs && { 'model.From': 'Invalid phone number format.' }),
        ...(to === null && { 'model.To': 'Invalid phone number format.' })
      })
    return enveloped(startedCallRow(context, { user: context.userOf(request), from, to }))
  })
}

/** As it is when it has just begun: nobody has answered. */
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

/** Without spaces, and with a plus unless it is an extension's; null when it is none. */
function parseNumber(value: unknown, format: RegExp): string | null {
  if (typeof value !== 'string' || !format.test(value)) return null
  const digits = value.replace(/\D/g, '')
  return digits.length < 7 ? digits : `+${digits}`
}
