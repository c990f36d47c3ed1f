import type { FastifyRequest } from 'fastify'
import { patchedChannel, readChannel } from '../state/contact-changes.js'
import { type Channel, membersOf } from '../state/contact-members.js'
import { channelRow, etagOf } from '../state/contact-rows.js'
import type { RouteContext, Routes } from './context.js'
import { channelOf, contactOf, keepContact, type OfChannel, type OfContact } from './of-contact.js'

/** The numbers and addresses of a contact, one by one. A contact center can also change a part of one. */
export const channelRoutes: Routes = (app, context) => {
  const { world, now } = context
  const path = `${world.kind === 'classic' ? '' : '/contactCenter'}/contacts/:id/channels`
  let made = 0
  const read = (body: unknown) => readChannel(body, `channel ${world.seed} ${now()} ${++made}`)

  app.post(path, (request: OfContact, reply) => {
    const fact = contactOf(context, request)
    const channel = read(request.body)
    const members = membersOf(fact)
    const { etag } = changed(context, request, {
      contactId: fact.contactId,
      channels: [...members.channels, channel],
      members
    })
    return reply.code(201).send({ data: { channel: channelRow(channel), etag }, message: 'Created' })
  })

  const replace = (request: OfChannel, anew: (old: Channel) => Channel) => {
    const { fact, members, i } = channelOf(context, request)
    const channels = members.channels.map((old, at) => (at === i ? anew(old) : old))
    const { etag } = changed(context, request, { contactId: fact.contactId, channels, members })
    return { data: { channel: channels.slice(i, i + 1).map(channelRow)[0], etag }, message: 'Updated' }
  }
  app.put(`${path}/:channelId`, (request: OfChannel) => replace(request, () => read(request.body))) // with another id
  if (world.kind === 'contact-center')
    app.patch(`${path}/:channelId`, (request: OfChannel) => replace(request, old => patchedChannel(old, request.body)))

  app.delete(`${path}/:channelId`, (request: OfChannel) => {
    const { fact, members, i } = channelOf(context, request)
    changed(context, request, {
      contactId: fact.contactId,
      channels: members.channels.filter((_, at) => at !== i),
      members
    })
    return { message: 'Deleted' }
  })
}

interface Change {
  contactId: string
  members: ReturnType<typeof membersOf>
  channels: Channel[]
}

function changed(
  context: RouteContext,
  request: FastifyRequest,
  { contactId, members, channels }: Change
): { etag: string } {
  return { etag: etagOf(keepContact(context, request, { contactId, members: { ...members, channels } })) }
}
