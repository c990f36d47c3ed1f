import type { ContactReported } from '../../../events/directory.js'
import { isObject } from '../../../lib/json.js'
import { firstAndLast } from '../wire.js'

export type Channel = ContactReported['channels'][number]

/** A contact as MightyCall keeps it. */
export interface ContactMembers {
  firstName: string | null
  lastName: string | null
  patronymic: string | null
  comment: string | null
  tags: string[]
  channels: Channel[]
}

export const EMPTY_CONTACT: ContactMembers = {
  firstName: null,
  lastName: null,
  patronymic: null,
  comment: null,
  tags: [],
  channels: []
}

const NAME_MEMBERS = ['firstName', 'lastName', 'patronymic', 'comment'] as const

/**
 * A fact has a name in one piece, and no comment: of a contact that was changed by a request, `raw` has what it was
 * changed to.
 */
export function membersOf({ name, tags, channels, raw }: ContactReported): ContactMembers {
  const own: Record<string, unknown> = isObject(raw) ? raw : {}
  const said = (member: (typeof NAME_MEMBERS)[number]) => (typeof own[member] === 'string' ? own[member] : null)
  const apart = NAME_MEMBERS.some(member => member in own)
    ? { firstName: said('firstName'), lastName: said('lastName') }
    : firstAndLast(name ?? '')
  return { ...apart, patronymic: said('patronymic'), comment: said('comment'), tags, channels }
}

/** What a fact has of them. */
export function factMembersOf({
  tags,
  channels,
  ...apart
}: ContactMembers): Pick<ContactReported, 'name' | 'tags' | 'channels' | 'raw'> {
  const { firstName, patronymic, lastName } = apart
  return { name: [firstName, patronymic, lastName].filter(Boolean).join(' ') || null, tags, channels, raw: apart }
}
