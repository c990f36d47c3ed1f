import type { FastifyRequest } from 'fastify'
import { patchedChannel, readChannel } from '../state/contact-changes.js'
import { type Channel, channelRow, etagOf, membersOf } from '../state/contact-rows.js'
import { type ChannelRequest, type ContactRequest, findChannel, findContact, storeContact } from './contact-request.js'
import type { RouteContext, Routes } from './context.js'

/** The telephone numbers and email addresses of a contact. Only contact-center accounts can patch a channel. */
export const channelRoutes: Routes = (app, context) => {
  const { world, now } = context
  const path = `${world.kind === 'classic' ? '' : '/contactCenter'}/contacts/:id/channels`
  let created = 0
  const read = (body: unknown) => readChannel(body, `channel ${world.seed} ${now()} ${++created}`)

  app.post(path, (request: ContactRequest, reply) => {
    const fact = findContact(context, request)
    const channel = read(request.body)
    const members = membersOf(fact)
    const { etag } = storeChannels(context, request, {
      contactId: fact.contactId,
      channels: [...members.channels, channel],
      members
    })
    return reply.code(201).send({ data: { channel: channelRow(channel), etag }, message: 'Created' })
  })

  const replace = (request: ChannelRequest, changed: (old: Channel) => Channel) => {
    const { fact, members, i } = findChannel(context, request)
    const channels = members.channels.map((old, at) => (at === i ? changed(old) : old))
    const { etag } = storeChannels(context, request, { contactId: fact.contactId, channels, members })
    return { data: { channel: channels.slice(i, i + 1).map(channelRow)[0], etag }, message: 'Updated' }
  }
  // a replaced channel has a new id
  app.put(`${path}/:channelId`, (request: ChannelRequest) => replace(request, () => read(request.body)))
  if (world.kind === 'contact-center')
    app.patch(`${path}/:channelId`, (request: ChannelRequest) =>
      replace(request, old => patchedChannel(old, request.body))
    )

  app.delete(`${path}/:channelId`, (request: ChannelRequest) => {
    const { fact, members, i } = findChannel(context, request)
    storeChannels(context, request, {
      contactId: fact.contactId,
      channels: members.channels.filter((_, at) => at !== i),
      members
    })
    return { message: 'Deleted' }
  })
}

interface ChannelChange {
  contactId: string
  members: ReturnType<typeof membersOf>
  channels: Channel[]
}

function storeChannels(
  context: RouteContext,
  request: FastifyRequest,
  { contactId, members, channels }: ChannelChange
): { etag: string } {
  return { etag: etagOf(storeContact(context, request, { contactId, members: { ...members, channels } })) }
}
