import { hash } from 'node:crypto'
import type { Presence } from '../../../events/status.js'
import type { Notation } from '../../call-script.js'
import { type CompanyOptions, simulateCompany } from '../../company.js'
import type { Notification } from '../../notifications.js'
import { formatUuid } from '../../random.js'
import type { Agent } from '../../staff.js'
import type { Truth } from '../../truth.js'
import { createHistory, type History } from './history.js'

/** A user who can sign in. */
export interface User extends Agent {
  id: string
  /** `null` for a user who signs in by extension, which only classic accounts allow. */
  key: string | null
}

/** A company as MightyCall stores it. Actions add to it; every query of its state takes an instant. */
export interface World {
  kind: Notation
  seed: number
  truth: Truth
  history: History
  users: readonly User[]
  notifications: readonly Notification[]
  /** When true, the journal has nil GUIDs, as in all documented examples. */
  nilGuids: boolean
}

/** Users whose presence is reported sign in by a key, and so does every user of a contact center. */
export function createWorld(options: CompanyOptions, { nilGuids }: { nilGuids: boolean }): World {
  const { seed, family: kind = 'classic' } = options
  const { truth, facts, notifications } = simulateCompany(options)
  const history = createHistory(facts)
  const withKey = new Set([truth.staff.agents[0]?.extension, ...truth.presences.map(span => span.extension)])
  const users = truth.staff.agents.map(agent => ({
    ...agent,
    id:
      history.extensions.latest(agent.extension, Number.POSITIVE_INFINITY)?.externalId ??
      uuidOf(`user ${seed} ${agent.extension}`),
    key: kind === 'contact-center' || withKey.has(agent.extension) ? uuidOf(`key ${seed} ${agent.extension}`) : null
  }))
  return { kind, seed, truth: copyLists(truth), history, users, notifications, nilGuids }
}

export function userOf({ users }: World, extension: string | null): User | null {
  return users.find(user => user.extension === extension) ?? null
}

/** Returns the agent's presence at an instant. An agent is available until a fact reports otherwise. */
export function presenceOf({ history }: World, extension: string, now: number): Presence {
  return history.presence.latest(extension, now)?.presence ?? 'available'
}

/** Derives a UUID from a text: the same text always gives the same UUID. */
export function uuidOf(text: string): string {
  return formatUuid(hash('sha256', text))
}

/** Derives an id of the journal or of a contact from a text: 24 hexadecimal digits. */
export function objectIdOf(text: string): string {
  return hash('sha256', text).slice(0, 24)
}

/** Copies the lists that actions add to. */
function copyLists(truth: Truth): Truth {
  const { account, staff, calls, presences, voicemails, messages, threads, numbers, extensions, contacts } = truth
  return {
    account,
    staff,
    calls: [...calls],
    presences,
    voicemails,
    messages: [...messages],
    threads,
    numbers,
    extensions,
    contacts
  }
}
