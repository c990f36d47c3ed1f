import Type from 'typebox'
import { maybe, text } from '../fields.js'
import { route } from '../route.js'

const named = Type.Object({ id: Type.String({ minLength: 1 }), name: text() })

/** Tells no extension of anybody. */
export const team = route({
  path: '/team',
  answer: Type.Object({
    users: Type.Array(
      Type.Object({ id: Type.String({ minLength: 1 }), fullName: text(), role: text(), avatarUrl: text() })
    ),
    groups: maybe(Type.Array(named)),
    vmboxes: maybe(Type.Array(named))
  })
})

/** The version of the API. */
export const ping = route({ path: '/ping', answer: Type.String(), isOpen: true })
