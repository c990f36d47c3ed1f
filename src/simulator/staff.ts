import type { Random } from './random.js'

export interface BusinessNumber {
  number: string
  label: string
  smsEnabled: boolean
}

export interface Agent {
  extension: string
  name: string
  email: string
  role: 'admin' | 'user'
  /** True when the REST API reports the extension. Otherwise only calls show that it exists. */
  isReported: boolean
}

/** A person outside the company who calls or is called. */
export interface Client {
  number: string
  /** `null` for a person who is not a contact. */
  name: string | null
}

export interface Staff {
  numbers: BusinessNumber[]
  agents: Agent[]
  ringGroups: Agent[][]
  /** The clients who are contacts. */
  knownClients: Client[]
  /** The name of the call-me button on the company's site. */
  widget: string
}

const FIRST_NAMES = [
  'Ada',
  'Grace',
  'Alan',
  'Edsger',
  'Barbara',
  'Donald',
  'Radia',
  'Ken',
  'Margaret',
  'Dennis',
  'Frances',
  'Niklaus'
] as const
const LAST_NAMES = [
  'Moreno',
  'Okafor',
  'Lindqvist',
  'Tanaka',
  'Kowalski',
  'Ferrari',
  'Nguyen',
  'Haddad',
  'Novák',
  'Silva',
  'Papadakis',
  'O’Brien'
] as const
const LABELS = ['Main line', 'Sales', 'Support', 'After hours'] as const
const WIDGETS = ['Contact us', 'Call me back', 'Website: pricing page', 'Ruf uns an'] as const

/** Creates a small company: 2 to 4 business numbers, 4 to 8 agents or more, 1 or 2 ring groups, a site widget. */
export function createStaff(
  random: Random,
  { contacts, additionalAgents = 0 }: { contacts: number; additionalAgents?: number }
): Staff {
  const agents = Array.from({ length: random.int(4, 8) + additionalAgents }, (_, i) => createAgent(random, i))
  return {
    numbers: LABELS.slice(0, random.int(2, 4)).map((label, i) => ({
      number: `+15550${i + 1}${digits(random, 5)}`, // no client has a number with this prefix
      label,
      smsEnabled: i === 0 || random.chance(0.7)
    })),
    agents,
    ringGroups: Array.from({ length: random.int(1, 2) }, () => random.shuffled(agents).slice(0, random.int(2, 4))),
    knownClients: Array.from({ length: contacts }, () => ({ number: randomNumber(random), name: randomName(random) })),
    widget: random.pick(WIDGETS)
  }
}

/** Picks a contact or makes up an unknown person. */
export function randomClient(random: Random, { knownClients }: Staff): Client {
  return knownClients.length > 0 && random.chance(0.6)
    ? random.pick(knownClients)
    : { number: randomNumber(random), name: null }
}

export function randomNumber(random: Random): string {
  return `+1555${random.int(2, 9)}${digits(random, 6)}`
}

function randomName(random: Random): string {
  return `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`
}

function createAgent(random: Random, i: number): Agent {
  const extension = String(101 + i)
  return {
    extension,
    name: randomName(random),
    email: `agent${extension}@example.com`,
    role: i === 0 ? 'admin' : 'user',
    isReported: i === 0 || random.chance(0.8)
  }
}

function digits(random: Random, count: number): string {
  return String(random.int(0, 10 ** count - 1)).padStart(count, '0')
}
