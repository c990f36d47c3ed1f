import { hash } from 'node:crypto'
import type { Notation } from '../../call-script.js'
import { type CompanyOptions, simulateCompany } from '../../company.js'
import type { Notification } from '../../notifications.js'
import type { Agent } from '../../staff.js'
import type { Truth } from '../../truth.js'
import { createHistory, type History } from './history.js'

/** Somebody who can sign in. */
export interface User extends Agent {
  id: string
  /** Null: signs in by the extension, which only a classic account allows. */
  key: string | null
}

/** A company as MightyCall holds it. Actions add to it; what is so at an instant is asked by that instant. */
export interface World {
  kind: Notation
  seed: number
  truth: Truth
  history: History
  users: readonly User[]
  notifications: readonly Notification[]
  /** The journal does not tell the GUIDs of its requests, as in all documented examples. */
  nilGuids: boolean
}

/** Those whose presence is ever known sign in by a key, and so does every user of a contact center. */
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

/** The same text always has the same. */
export function uuidOf(text: string): string {
  const digits = hash('sha256', text)
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20, 32)}`
}

/** Of the journal, and of contacts: 24 hexadecimal digits. */
export function objectIdOf(text: string): string {
  return hash('sha256', text).slice(0, 24)
}

/** Its lists are added to by actions. */
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
