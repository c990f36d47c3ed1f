import type { FastifyRequest } from 'fastify'
import type { ContactEvent } from '../../../events/directory.js'
import { flag, instant, list, unsupported, whole } from '../query.js'
import { contactNotFound, contactWasModified } from '../refusals.js'
import { contactChange, contactRemoval } from '../state/contact-changes.js'
import { contactRow, contactRows, etagOf } from '../state/contact-rows.js'
import { objectIdOf } from '../state/world.js'
import type { Row } from '../wire.js'
import { queryOf, type RouteContext, type Routes } from './context.js'

const PARAMETERS = {
  page: whole(1, 1),
  pageSize: whole(1, 100),
  updatedSince: instant,
  includeAuto: flag, // there are no automatic ones
  phone: list,
  ...Object.fromEntries(['agentId', 'all', 'name', 'email', 'label', 'tag', 'comment'].map(name => [name, unsupported]))
}

type OfContact = FastifyRequest<{ Params: { id: string }, Querystring: { etag?: string } }>

export const contactRoutes: Routes = (app, context) => {
  const { world, now } = context
  const add = (fact: ContactEvent) => {
    world.history.contacts.add(fact)
    return contactRow(world, fact)
  }
  let made = 0
  const newId = () => objectIdOf(`contact ${world.seed} ${++made}`)

  if (world.kind === 'contact-center') {
    app.get('/contactCenter/contacts', request => ({ data: { ...listOf(context, request), status: 'Success' }, isSuccess: true }))
    app.post('/contactCenter/contacts', request => {
      add(contactChange(world, { contactId: newId(), body: request.body, now: now() }))
      return {}
    })
    app.delete('/contactCenter/contacts/:id', (request: OfContact) => {
      const { contactId } = ofRequest(context, request)
      add(contactRemoval(world, contactId, now()))
      return { data: { eventType: 1, deletedContactIds: [contactId] } }
    })
    return
  }
  app.get('/contacts', request => ({ data: listOf(context, request) }))
  app.post('/contacts', (request, reply) => {
    const row = add(contactChange(world, { contactId: newId(), body: request.body, now: now() }))
    return reply.code(201).send({ data: { ...row, contactId: null }, message: 'Created' }) // as documented: without its id
  })
  app.put('/contacts/:id', (request: OfContact) => {
    const { contactId } = ofRequest(context, request)
    return { data: add(contactChange(world, { contactId, body: request.body, now: now() })), message: 'Updated' }
  })
  app.delete('/contacts/:id', (request: OfContact) => {
    const { contactId } = ofRequest(context, request)
    return { data: { contacts: [add(contactRemoval(world, contactId, now()))] }, message: 'Deleted' }
  })
}

function listOf ({ world, now }: RouteContext, request: FastifyRequest): Row {
  const { page, pageSize, updatedSince, phone } = queryOf(request, PARAMETERS, { strict: true })
  const contacts = contactRows(world, { now: now(), updatedSince }).filter(row => phone.length === 0 || phone.some(number => hasPhone(row, number)))
  return { contacts: contacts.slice((page - 1) * pageSize, page * pageSize), pages: Math.ceil(contacts.length / pageSize), records: contacts.length, currentPage: page }
}

/** @throws Refusal  there is no such contact, or another has changed it since the etag */
function ofRequest ({ world, now }: RouteContext, { params, query }: OfContact): ContactEvent {
  const fact = world.history.contacts.of(params.id, now())
  if (fact?.type !== 'contact.reported') throw contactNotFound()
  if (query.etag !== undefined && query.etag !== etagOf(fact)) throw contactWasModified(contactRow(world, fact))
  return fact
}

function hasPhone ({ channels }: Row, number: string): boolean {
  return Array.isArray(channels) && channels.some(channel => channel.phone === number)
}
