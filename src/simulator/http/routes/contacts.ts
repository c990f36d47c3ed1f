import type { FastifyRequest } from 'fastify'
import { flag, instant, list, unsupported, whole } from '../query.js'
import { contactRemoval, readContact } from '../state/contact-changes.js'
import { membersOf, NO_MEMBERS } from '../state/contact-members.js'
import { contactRow, contactRows } from '../state/contact-rows.js'
import { objectIdOf } from '../state/world.js'
import type { Row } from '../wire.js'
import { channelRoutes } from './channels.js'
import { type RouteContext, type Routes, strictQueryOf } from './context.js'
import { contactOf, keepContact, type OfContact } from './of-contact.js'

const PARAMETERS = {
  page: whole(1, 1),
  pageSize: whole(1, 100),
  updatedSince: instant,
  includeAuto: flag, // there are no automatic ones
  phone: list,
  ...Object.fromEntries(['agentId', 'all', 'name', 'email', 'label', 'tag', 'comment'].map(name => [name, unsupported]))
}

export const contactRoutes: Routes = (app, context) => {
  channelRoutes(app, context)
  if (context.world.kind === 'classic') classicRoutes(app, context)
  else contactCenterRoutes(app, context)
}

const classicRoutes: Routes = (app, context) => {
  const { create, replace, patch, remove } = changesOf(context)
  app.get('/contacts', request => ({ data: listOf(context, request) }))
  app.get('/contacts/:id', (request: OfContact) => ({
    data: { contacts: [contactRow(context.world, contactOf(context, request))] }
  }))
  app.post('/contacts', (request, reply) => reply.code(201).send({ data: create(request), message: 'Created' }))
  app.put('/contacts/:id', (request: OfContact) => ({ data: replace(request), message: 'Updated' }))
  app.patch('/contacts/:id', (request: OfContact) => ({ data: patch(request), message: 'Updated' }))
  app.delete('/contacts/:id', (request: OfContact) => ({ data: { contacts: [remove(request)] }, message: 'Deleted' }))
}

/** What is answered to a change is documented of a deletion alone. */
const contactCenterRoutes: Routes = (app, context) => {
  const { create, patch, remove } = changesOf(context)
  app.get('/contactCenter/contacts', request => ({
    data: { ...listOf(context, request), status: 'Success' },
    isSuccess: true
  }))
  app.post('/contactCenter/contacts', request => {
    create(request)
    return {}
  })
  app.patch('/contactCenter/contacts/:id', (request: OfContact) => {
    patch(request)
    return {}
  })
  app.delete('/contactCenter/contacts/:id', (request: OfContact) => ({
    data: { eventType: 1, deletedContactIds: [remove(request).contactId] }
  }))
}

function changesOf(context: RouteContext) {
  const { world, now } = context
  let made = 0
  const seed = () => `contact ${world.seed} ${now()} ${++made}`
  const keep = (request: FastifyRequest, contact: Parameters<typeof keepContact>[2]) =>
    contactRow(world, keepContact(context, request, contact))
  return {
    create: (request: FastifyRequest) => {
      const own = seed()
      return keep(request, {
        contactId: objectIdOf(own),
        members: { ...NO_MEMBERS, ...readContact(request.body, { seed: own, isNew: true }) }
      })
    },
    replace: (request: OfContact) =>
      keep(request, {
        contactId: contactOf(context, request).contactId,
        members: { ...NO_MEMBERS, ...readContact(request.body, { seed: seed() }) }
      }),
    patch: (request: OfContact) => {
      const fact = contactOf(context, request)
      return keep(request, {
        contactId: fact.contactId,
        members: { ...membersOf(fact), ...readContact(request.body, { seed: seed() }) }
      })
    },
    remove: (request: OfContact) => {
      const removal = contactRemoval(world, contactOf(context, request).contactId, now())
      world.history.contacts.add(removal)
      return contactRow(world, removal)
    }
  }
}

function listOf({ world, now }: RouteContext, request: FastifyRequest): Row {
  const { page, pageSize, updatedSince, phone } = strictQueryOf(request, PARAMETERS)
  const contacts = contactRows(world, { now: now(), updatedSince }).filter(
    row => phone.length === 0 || phone.some(number => hasPhone(row, number))
  )
  return {
    contacts: contacts.slice((page - 1) * pageSize, page * pageSize),
    pages: Math.ceil(contacts.length / pageSize),
    records: contacts.length,
    currentPage: page
  }
}

function hasPhone({ channels }: Row, number: string): boolean {
  return Array.isArray(channels) && channels.some(channel => channel.phone === number)
}
