import type { FastifyRequest } from 'fastify'
import type { ContactEvent, ContactReported } from '../../../events/directory.js'
import { contactIntersection, contactNotFound, contactWasModified, malformedId } from '../error-responses.js'
import { flag, text } from '../query.js'
import { contactFact } from '../state/contact-changes.js'
import { type Channel, type ContactMembers, contactRow, etagOf, membersOf } from '../state/contact-rows.js'
import { queryOf, type RouteContext } from './context.js'

export type ContactRequest = FastifyRequest<{ Params: { id: string } }>
export type ChannelRequest = FastifyRequest<{ Params: { id: string; channelId: string } }>

const CONTACT_ID = /^[0-9a-f]{24}$/i
const CHANNEL_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const CHANGE_PARAMETERS = { etag: text, checkIntersection: flag }

/** Finds the contact of a request. @throws ErrorResponse  it does not exist, or has changed since the etag */
export function findContact({ world, now }: RouteContext, request: ContactRequest): ContactReported {
  const { id } = request.params
  if (!CONTACT_ID.test(id)) throw malformedId('ContactIdHasInvalidFormat')
  const fact = world.history.contacts.latest(id, now())
  if (fact?.type !== 'contact.reported') throw contactNotFound()
  const { etag } = queryOf(request, CHANGE_PARAMETERS)
  if (etag !== null && etag !== '*' && etag !== etagOf(fact)) throw contactWasModified(contactRow(world, fact))
  return fact
}

/** Finds the contact of a request and the index of its channel. @throws ErrorResponse  one of them does not exist */
export function findChannel(
  context: RouteContext,
  request: ChannelRequest
): { fact: ContactReported; members: ContactMembers; i: number } {
  if (!CHANNEL_ID.test(request.params.channelId)) throw malformedId('ChannelIdHasInvalidFormat')
  const fact = findContact(context, request)
  const members = membersOf(fact)
  const i = members.channels.findIndex(({ id }) => id === request.params.channelId)
  if (i < 0) throw contactNotFound()
  return { fact, members, i }
}

/** Stores a new state of a contact. @throws ErrorResponse  another contact has one of its numbers */
export function storeContact(
  { world, now }: RouteContext,
  request: FastifyRequest,
  { contactId, members }: { contactId: string; members: ContactMembers }
): ContactEvent {
  const { checkIntersection } = queryOf(request, CHANGE_PARAMETERS)
  const at = now()
  const others = checkIntersection
    ? world.history.contacts
        .snapshotAt(at)
        .filter(
          other =>
            other.type === 'contact.reported' &&
            other.contactId !== contactId &&
            sharesNumber(other.channels, members.channels)
        )
    : []
  if (others.length > 0) throw contactIntersection(others.map(other => contactRow(world, other)))
  const fact = contactFact(world, { contactId, members, now: at })
  world.history.contacts.add(fact)
  return fact
}

function sharesNumber(some: readonly Channel[], others: readonly Channel[]): boolean {
  return some.some(
    ({ kind, value }) => kind === 'phone' && others.some(other => other.kind === 'phone' && other.value === value)
  )
}
