import Type from 'typebox'
import { BOTH, closed, type Definition, guid, nullish, succeeded, text } from './definition.js'
import { invalid, notFound } from './general.js'

const named = closed({ name: text, id: guid })
const user = closed({ fullName: text, id: guid, role: nullish(text), avatarUrl: nullish(text) })
const profile = closed({
  firstName: text,
  lastName: text,
  email: text,
  extension: text,
  role: Type.Enum(['admin', 'user'])
})
const presence = Type.Enum(['available', 'dnd'])

export const PEOPLE: readonly Definition[] = [
  { method: 'GET', path: '/api/ping', kinds: BOTH, isOpen: true, responses: { 200: succeeded(text) } },
  {
    method: 'GET',
    path: '/api/team',
    kinds: BOTH,
    responses: { 200: closed({ users: Type.Array(user), groups: Type.Array(named), vmboxes: Type.Array(named) }) }
  }, // without an envelope
  { method: 'GET', path: '/api/profile', kinds: BOTH, responses: { 200: succeeded(profile) } },
  {
    method: 'GET',
    path: '/api/profile/status',
    kinds: BOTH,
    responses: { 200: succeeded(closed({ status: presence })) }
  },
  {
    method: 'PUT',
    path: '/api/profile/status/{status}',
    pathParameters: { status: presence },
    kinds: BOTH,
    responses: { 200: succeeded(closed({ status: presence })), 400: invalid }
  },
  {
    method: 'GET',
    path: '/api/profile/{extension}',
    pathParameters: { extension: Type.String({ pattern: '^\\d+$' }) },
    kinds: BOTH,
    responses: { 200: succeeded(profile), 400: notFound('User profile') }
  }
]
