import Type from 'typebox'
import { nullish, text } from '../fields.js'
import { route } from '../route.js'

const named = Type.Object({ id: Type.String({ minLength: 1 }), name: text() })

/** Tells no extension of anybody. */
export const team = route({
  path: '/team',
  response: Type.Object({
    users: Type.Array(
      Type.Object({ id: Type.String({ minLength: 1 }), fullName: text(), role: text(), avatarUrl: text() })
    ),
    groups: nullish(Type.Array(named)),
    vmboxes: nullish(Type.Array(named))
  })
})

/** The version of the API. */
export const ping = route({ path: '/ping', response: Type.String(), isOpen: true })
