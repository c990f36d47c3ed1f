import type { Presence } from '../../../events/status.js'
import { firstAndLast, type Row } from '../wire.js'
import { type User, uuidOf, type World } from './world.js'

/** Tells no extension of anybody. */
export function teamRow({ users, truth, seed }: World): Row {
  return {
    users: users.map(({ id, name, role }) => ({ fullName: name, id, role, avatarUrl: null })),
    groups: truth.staff.ringGroups.map((_, i) => ({ name: `Group ${i + 1}`, id: uuidOf(`group ${seed} ${i}`) })),
    vmboxes: [{ name: 'General', id: uuidOf(`vmbox ${seed}`) }]
  }
}

export function profileRow({ name, email, extension, role }: User): Row {
  return { ...firstAndLast(name), email, extension, role }
}

/** Everybody is available until they say otherwise. */
export function presenceOf({ history }: World, extension: string, now: number): Presence {
  return history.presence.latest(extension, now)?.presence ?? 'available'
}

/** As the journal has it. */
export function agentRow({ id, name, extension, email, role }: User, agentRole: string): Row {
  return { id, agentRole, name, extension, role: role === 'admin' ? 'admin' : 'agent', email, type: 'user' }
}
