import Type from 'typebox'
import { oneOf, text } from '../fields.js'
import { choice, extension } from '../parameters.js'
import { route } from '../route.js'

const profileShape = Type.Object({
  firstName: text(),
  lastName: text(),
  email: text(),
  extension: text(),
  role: text()
})
const statusShape = Type.Object({ status: oneOf('available', 'dnd') })

/** The profile of the token's user. */
export const profile = route({ path: '/profile', response: profileShape })

export const profileOf = route({
  path: '/profile/{extension}',
  input: Type.Object({ path: Type.Object({ extension: extension() }) }),
  response: profileShape
})

/** The status of the token's user. The status of another user needs that user's key. */
export const profileStatus = route({ path: '/profile/status', response: statusShape })

export const setProfileStatus = route({
  method: 'PUT',
  path: '/profile/status/{status}',
  input: Type.Object({ path: Type.Object({ status: choice('available', 'dnd') }) }),
  response: statusShape
})
