import { iso } from '../../instant.js'
import { choices, instant, text, whole } from '../query.js'
import { invalidRequest, notFound } from '../refusals.js'
import { CALL_FILTERS, callRow, callsTold, isCallWanted } from '../state/call-rows.js'
import { uuidOf } from '../state/world.js'
import { enveloped, queryOf, type RouteContext, type Routes } from './context.js'

const PARAMETERS = { pageSize: whole(1, 10), skip: whole(0, 0), startUtc: instant, endUtc: instant, callFilter: choices(...CALL_FILTERS), customFilter: text, extension: text }
const DAY_MS = 24 * 60 * 60 * 1000
const PHONE = /^\+\d{8,15}$/

/** Without an interval: those of the last 24 h. */
export const callRoutes: Routes = (app, context) => {
  const { world, now } = context
  app.get('/calls', request => {
    const at = now()
    const { pageSize, skip, startUtc, endUtc, callFilter, customFilter, extension } = queryOf(request, PARAMETERS)
    const [since, until] = [iso(startUtc ?? at - DAY_MS), iso(endUtc ?? at)]
    const calls = callsTold(world, at).filter(call => {
      const { startedAt, parties } = call
      return startedAt !== null && startedAt >= since && startedAt <= until && isCallWanted(call, callFilter) &&
        (extension === null || parties.some(party => party.extension === extension)) && (customFilter === null || JSON.stringify(callRow(world, call, at)).includes(customFilter))
    })
    return enveloped({ calls: calls.slice(skip, skip + pageSize).map(call => callRow(world, call, at)), total: calls.length })
  })

  app.get<{ Params: { id: string } }>('/calls/:id', request => {
    const at = now()
    const call = world.history.calls.of(request.params.id, at)
    if (!call) throw notFound('Call')
    return enveloped(callRow(world, call, at))
  })

  app.post<{ Body: { from?: unknown, to?: unknown } | null }>('/calls/makecall', request => {
    const { from, to } = request.body ?? {}
    const bad = Object.entries({ 'model.From': from, 'model.To': to }).filter(([, number]) => typeof number !== 'string' || !PHONE.test(number))
    if (bad.length > 0) throw invalidRequest(Object.fromEntries(bad.map(([name]) => [name, 'Invalid phone number format.'])))
    return enveloped(newCall(context, { name: context.userOf(request).name, from: String(from), to: String(to) }))
  })
}

/** It is answered as documented, and rings nobody: what becomes of a call that was asked for is not simulated. */
function newCall ({ now, world }: RouteContext, { name, from, to }: { name: string, from: string, to: string }): Record<string, unknown> {
  const at = now()
  const called = [{ isConnected: false, phone: to }]
  return { id: uuidOf(`${world.seed} ${from} ${to} ${at}`), caller: { name }, called, businessNumber: from, dateTimeUtc: iso(at).replace('Z', '+00:00'), duration: null, direction: 'Outgoing', callStatus: null, callRecord: null }
}
