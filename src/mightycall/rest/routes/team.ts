import Type from 'typebox'
import { nullish, text } from '../fields.js'
import { route } from '../route.js'

const namedGroup = Type.Object({ id: Type.String({ minLength: 1 }), name: text() })

/** The users and groups of the account, without extensions. */
export const team = route({
  path: '/team',
  response: Type.Object({
    users: Type.Array(
      Type.Object({ id: Type.String({ minLength: 1 }), fullName: text(), role: text(), avatarUrl: text() })
    ),
    groups: nullish(Type.Array(namedGroup)),
    vmboxes: nullish(Type.Array(namedGroup))
  })
})

/** The version of the API. */
export const ping = route({ path: '/ping', response: Type.String(), isOpen: true })
