import type { FastifyRequest } from 'fastify'
import { flag, instant, integer, list, unsupported } from '../query.js'
import { contactRemoval, readContact } from '../state/contact-changes.js'
import { contactRow, contactRows, EMPTY_CONTACT, membersOf } from '../state/contact-rows.js'
import { objectIdOf } from '../state/world.js'
import type { Row } from '../wire.js'
import { channelRoutes } from './channels.js'
import { type ContactRequest, findContact, storeContact } from './contact-request.js'
import { type RouteContext, type Routes, strictQueryOf } from './context.js'

const PARAMETERS = {
  page: integer(1, 1),
  pageSize: integer(1, 100),
  updatedSince: instant,
  includeAuto: flag, // the simulator has no automatic contacts
  phone: list,
  ...Object.fromEntries(['agentId', 'all', 'name', 'email', 'label', 'tag', 'comment'].map(name => [name, unsupported]))
}

export const contactRoutes: Routes = (app, context) => {
  channelRoutes(app, context)
  if (context.world.kind === 'classic') classicRoutes(app, context)
  else contactCenterRoutes(app, context)
}

const classicRoutes: Routes = (app, context) => {
  const { create, replace, patch, remove } = contactActions(context)
  app.get('/contacts', request => ({ data: listOf(context, request) }))
  app.get('/contacts/:id', (request: ContactRequest) => ({
    data: { contacts: [contactRow(context.world, findContact(context, request))] }
  }))
  app.post('/contacts', (request, reply) => reply.code(201).send({ data: create(request), message: 'Created' }))
  app.put('/contacts/:id', (request: ContactRequest) => ({ data: replace(request), message: 'Updated' }))
  app.patch('/contacts/:id', (request: ContactRequest) => ({ data: patch(request), message: 'Updated' }))
  app.delete('/contacts/:id', (request: ContactRequest) => ({
    data: { contacts: [remove(request)] },
    message: 'Deleted'
  }))
}

/** Only the response to a deletion is documented. */
const contactCenterRoutes: Routes = (app, context) => {
  const { create, patch, remove } = contactActions(context)
  app.get('/contactCenter/contacts', request => ({
    data: { ...listOf(context, request), status: 'Success' },
    isSuccess: true
  }))
  app.post('/contactCenter/contacts', request => {
    create(request)
    return {}
  })
  app.patch('/contactCenter/contacts/:id', (request: ContactRequest) => {
    patch(request)
    return {}
  })
  app.delete('/contactCenter/contacts/:id', (request: ContactRequest) => ({
    data: { eventType: 1, deletedContactIds: [remove(request).contactId] }
  }))
}

function contactActions(context: RouteContext) {
  const { world, now } = context
  let created = 0
  const seed = () => `contact ${world.seed} ${now()} ${++created}`
  const keep = (request: FastifyRequest, contact: Parameters<typeof storeContact>[2]) =>
    contactRow(world, storeContact(context, request, contact))
  return {
    create: (request: FastifyRequest) => {
      const own = seed()
      return keep(request, {
        contactId: objectIdOf(own),
        members: { ...EMPTY_CONTACT, ...readContact(request.body, { seed: own, isNew: true }) }
      })
    },
    replace: (request: ContactRequest) =>
      keep(request, {
        contactId: findContact(context, request).contactId,
        members: { ...EMPTY_CONTACT, ...readContact(request.body, { seed: seed() }) }
      }),
    patch: (request: ContactRequest) => {
      const fact = findContact(context, request)
      return keep(request, {
        contactId: fact.contactId,
        members: { ...membersOf(fact), ...readContact(request.body, { seed: seed() }) }
      })
    },
    remove: (request: ContactRequest) => {
      const removal = contactRemoval(world, findContact(context, request).contactId, now())
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
