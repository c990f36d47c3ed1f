import { PRESENCES, type Presence } from '../../../events/status.js'
import { formatInstant } from '../../instant.js'
import { ErrorResponse, notFound } from '../error-responses.js'
import { presenceOf, type User, userOf, uuidOf, type World } from '../state/world.js'
import { firstAndLast, type Row } from '../wire.js'
import { enveloped, type Routes } from './context.js'

/** Users and their presence. `/profile/status` reports the presence of the token's user only. */
export const peopleRoutes: Routes = (app, { world, now, ...context }) => {
  app.get('/ping', () => enveloped('3'))
  app.get('/team', () => teamRow(world))
  app.get('/profile', request => enveloped(profileRow(context.userOf(request))))
  app.get('/profile/status', request =>
    enveloped({ status: presenceOf(world, context.userOf(request).extension, now()) })
  )

  app.get<{ Params: { extension: string } }>('/profile/:extension', request => {
    const user = userOf(world, request.params.extension)
    if (!user) throw notFound('User profile')
    return enveloped(profileRow(user))
  })

  app.put<{ Params: { status: string } }>('/profile/status/:status', request => {
    const { extension } = context.userOf(request)
    const presence = PRESENCES.find(known => known === request.params.status.toLowerCase())
    if (presence === undefined) throw unknownStatus(request.params.status)
    world.history.presence.add(statusFact(world.truth.account, { extension, presence, at: formatInstant(now()) }))
    return enveloped({ status: presence })
  })
}

/** The team has no extensions. */
function teamRow({ users, truth, seed }: World): Row {
  return {
    users: users.map(({ id, name, role }) => ({ fullName: name, id, role, avatarUrl: null })),
    groups: truth.staff.ringGroups.map((_, i) => ({ name: `Group ${i + 1}`, id: uuidOf(`group ${seed} ${i}`) })),
    vmboxes: [{ name: 'General', id: uuidOf(`vmbox ${seed}`) }]
  }
}

function profileRow({ name, email, extension, role }: User): Row {
  return { ...firstAndLast(name), email, extension, role }
}

function statusFact(
  account: string,
  { extension, presence, at }: { extension: string; presence: Presence; at: string }
) {
  return {
    id: uuidOf(`${extension} ${at}`),
    account,
    type: 'status.reported' as const,
    extension,
    route: 'presence' as const,
    presence,
    occurredAt: at,
    receivedAt: at,
    source: 'rest' as const,
    raw: {}
  }
}

function unknownStatus(given: string): ErrorResponse {
  return new ErrorResponse(400, {
    message: 'User status not found',
    modelState: { status: [`The value '${given}' is not valid for UserStatus.`] }
  })
}
