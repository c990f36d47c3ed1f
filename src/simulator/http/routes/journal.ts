import type { FastifyRequest } from 'fastify'
import { formatInstant } from '../../instant.js'
import { malformedId, requestNotFound } from '../error-responses.js'
import { choices, flag, flagOr, instant, integer, list, type ParsedQuery, unsupported } from '../query.js'
import {
  createdOf,
  type JournalEntry,
  journalIdOf,
  journalRow,
  originOf,
  stateOf,
  visibleEntries
} from '../state/journal-rows.js'
import type { Row } from '../wire.js'
import { type RouteContext, type Routes, strictQueryOf } from './context.js'

const REQUEST_ID = /^[0-9a-f]{24}$/i
const DETAIL = { resolveContacts: flag, showExternalContacts: flag, showUsers: flag }
const PARAMETERS = {
  ...DETAIL,
  pageSize: integer(1, 100, 1000),
  page: integer(1, 1),
  reverse: flag,
  origin: choices('Unspecified', 'Inbound', 'Outbound', 'Callback', 'Internal', 'All'),
  state: choices('Missed', 'Connected', 'VoiceMail', 'Dropped', 'NoAnswer', 'Scheduled', 'Message', 'All'),
  type: choices(
    'Unspecified',
    'Call',
    'VoiceMail',
    'Message',
    'MessageThread',
    'Task',
    'CallbackRequest',
    'Service',
    'Default',
    'All'
  ),
  earliest: instant,
  from: instant,
  latest: instant,
  to: instant,
  phone: list,
  businessNumber: list,
  ...Object.fromEntries(
    [
      'inbound',
      'outbound',
      'callbacks',
      'isRead',
      'groupId',
      'userId',
      'vmBoxId',
      'email',
      'wfState',
      'searchProperty',
      'searchText'
    ].map(name => [name, unsupported])
  )
}

/**
 * The journal. Contact-center accounts have it as "communications", with an envelope and without a route for a single
 * request.
 */
export const journalRoutes: Routes = (app, context) => {
  if (context.world.kind === 'contact-center') {
    app.get('/contactCenter/communications', request => ({ data: listOf(context, request) }))
    return
  }
  app.get('/journal/requests', request => listOf(context, request))
  app.get<{ Params: { id: string } }>('/journal/requests/:id', request => {
    const now = context.now()
    if (!REQUEST_ID.test(request.params.id)) throw malformedId('RequestIdHasInvalidFormat')
    const detail = strictQueryOf(request, { ...DETAIL, showUsers: flagOr(true) })
    const entry = visibleEntries(context.world, now).find(entry => journalIdOf(entry) === request.params.id)
    if (!entry) throw requestNotFound()
    return journalRow(context.world, entry, { ...detail, now })
  })
}

function listOf({ world, now }: RouteContext, request: FastifyRequest): Row {
  const query = strictQueryOf(request, PARAMETERS)
  const { page, pageSize, reverse } = query
  const at = now()
  const entries = visibleEntries(world, at).filter(entry => isWanted(entry, query))
  if (reverse) entries.reverse()
  return {
    currentPage: page,
    requests: entries
      .slice((page - 1) * pageSize, page * pageSize)
      .map(entry => journalRow(world, entry, { ...query, now: at }))
  }
}

function isWanted(
  entry: JournalEntry,
  { origin, state, type, earliest, from, latest, to, phone, businessNumber }: ParsedQuery<typeof PARAMETERS>
): boolean {
  const subject = entry.kind === 'call' ? entry.call : entry.message
  const [since, until] = [earliest ?? from, latest ?? to]
  return (
    (since === null || createdOf(entry) >= formatInstant(since)) &&
    (until === null || createdOf(entry) <= formatInstant(until)) &&
    matchesAny(origin, originOf(entry)) &&
    matchesAny(state, stateOf(entry)) &&
    matchesAny(type, entry.kind) &&
    (phone.length === 0 || phone.includes(subject.clientNumber ?? '')) &&
    // the filter has numbers without a plus
    (businessNumber.length === 0 || businessNumber.includes(subject.businessNumber?.slice(1) ?? ''))
  )
}

function matchesAny(wanted: readonly string[], value: string): boolean {
  return (
    wanted.length === 0 || wanted.includes('All') || wanted.some(name => name.toLowerCase() === value.toLowerCase())
  )
}
