import type { ContactEvent, ContactReported } from '../events/directory.js'
import { randomMoment, randomTimeAfter, restEnvelope, type Setting } from './fact.js'
import type { Random } from './random.js'
import { type Client, randomNumber, type Staff } from './staff.js'
import type { TrueContact } from './truth.js'

export interface SimulatedContacts {
  facts: ContactEvent[]
  contacts: TrueContact[]
}

const TAGS = ['lead', 'partner', 'press', 'supplier'] as const

/** Simulates a contact for each known client. Some are changed later, some are deleted. */
export function simulateContacts(setting: Setting, { knownClients }: Staff): SimulatedContacts {
  const { random } = setting
  const facts: ContactEvent[] = []
  const contacts = knownClients.map(client => {
    const contact = addContact(setting, client)
    facts.push(reportContact(setting, contact, contact.updatedAt))
    if (random.chance(0.4)) {
      changeContact(random, contact)
      contact.updatedAt = Math.max(contact.updatedAt + 1, randomMoment(setting))
      facts.push(reportContact(setting, contact, contact.updatedAt))
    }
    if (random.chance(0.15)) {
      contact.updatedAt = contact.removedAt = randomTimeAfter(random, contact.updatedAt, [60, 7_200])
      facts.push({ type: 'contact.removed', contactId: contact.contactId, ...restEnvelope(setting, contact.removedAt) })
    }
    return contact
  })
  return { facts, contacts }
}

function addContact({ account, random, startAt }: Setting, { number, name }: Client): TrueContact {
  const contactId = random.hex(24)
  const channels: TrueContact['channels'] = [{ id: random.uuid(), kind: 'phone', value: number, labels: ['Work'] }]
  if (random.chance(0.3))
    channels.push({ id: random.uuid(), kind: 'email', value: `${contactId.slice(0, 8)}@example.com`, labels: [] })
  return {
    account,
    contactId,
    name: name ?? number,
    channels,
    phones: [number],
    tags: random.chance(0.3) ? [random.pick(TAGS)] : [],
    removedAt: null,
    updatedAt: randomTimeAfter(random, startAt, [1, 120])
  }
}

function changeContact(random: Random, contact: TrueContact): void {
  const mobile = randomNumber(random)
  contact.channels = [
    ...contact.channels,
    { id: random.uuid(), kind: 'phone', value: mobile, labels: ['Mobile', 'Private'] }
  ]
  contact.phones = [...contact.phones, mobile]
  if (random.chance(0.5)) contact.tags = [...new Set([...contact.tags, random.pick(TAGS)])]
  if (random.chance(0.3)) contact.name = `${contact.name} (Ltd.)`
}

function reportContact(
  setting: Setting,
  { contactId, name, channels, tags }: TrueContact,
  at: number
): ContactReported {
  return { type: 'contact.reported', contactId, route: 'contacts', name, channels, tags, ...restEnvelope(setting, at) }
}
