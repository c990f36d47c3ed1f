import type { ExtensionReported, NumberEvent } from '../events/directory.js'
import { randomMoment, randomTimeAfter, restEnvelope, type Setting } from './fact.js'
import type { Agent, Staff } from './staff.js'
import type { TrueCall } from './true-call.js'
import type { TrueExtension, TrueNumber } from './truth.js'

/** When the account is polled first, in seconds after the start. */
const FIRST_POLL_SECONDS = [1, 60] as const

export interface SimulatedNumbers {
  facts: NumberEvent[]
  numbers: TrueNumber[]
}

/** Simulates the business numbers. Some get another label or are disabled, and one may be removed. */
export function simulateNumbers(setting: Setting, staff: Staff): SimulatedNumbers {
  const { random } = setting
  const removed = random.chance(0.3) ? [{ number: '+15550900000', label: 'Old line', smsEnabled: false }] : []
  const facts: NumberEvent[] = []
  const numbers = [...staff.numbers, ...removed].map(line => {
    const createdAt = randomTimeAfter(random, setting.startAt, FIRST_POLL_SECONDS)
    const number: TrueNumber = {
      account: setting.account,
      externalId: random.uuid(),
      isActive: true,
      createdAt,
      ...line
    }
    facts.push(reportNumber(setting, number, createdAt))
    const at = Math.max(createdAt + 1, randomMoment(setting))
    if (removed.includes(line)) {
      number.isActive = false
      facts.push({ type: 'number.removed', number: line.number, ...restEnvelope(setting, at) })
    } else if (random.chance(0.3)) {
      Object.assign(number, random.chance(0.7) ? { label: `${line.label} (new)` } : { isActive: false })
      facts.push(reportNumber(setting, number, at))
    }
    return number
  })
  return { facts, numbers }
}

export interface SimulatedExtensions {
  facts: ExtensionReported[]
  extensions: TrueExtension[]
}

/** Simulates the extensions that the REST API reports or that take part in a call. */
export function simulateExtensions(setting: Setting, staff: Staff, calls: readonly TrueCall[]): SimulatedExtensions {
  const firstSeen = new Map<string, number>()
  for (const leg of calls.flatMap(call => call.legs))
    firstSeen.set(leg.extension, Math.min(leg.ringingAt, firstSeen.get(leg.extension) ?? leg.ringingAt))
  const facts: ExtensionReported[] = []
  const extensions = staff.agents.flatMap(agent => {
    const own = agent.isReported ? reportAgent(setting, agent) : []
    facts.push(...own)
    const createdAt = own.reduce(
      (first, { occurredAt }) => Math.min(first, Date.parse(occurredAt)),
      firstSeen.get(agent.extension) ?? Number.POSITIVE_INFINITY
    )
    return createdAt < Number.POSITIVE_INFINITY ? [extensionOf(setting, agent, { facts: own, createdAt })] : []
  })
  return { facts, extensions }
}

function extensionOf(
  { account }: Setting,
  { extension, name, email, role }: Agent,
  { facts, createdAt }: { facts: readonly ExtensionReported[]; createdAt: number }
): TrueExtension {
  const isReported = facts.length > 0
  return {
    account,
    extension,
    displayName: isReported ? name : null,
    email: isReported ? email : null,
    role: isReported ? role : null,
    externalId: facts.at(-1)?.externalId ?? null,
    createdAt
  }
}

/** Reports an agent by the profile route, which has no user id, and often by the journal, which has one. */
function reportAgent(setting: Setting, { extension, name, email, role }: Agent): ExtensionReported[] {
  const { random, startAt } = setting
  const report = (route: ExtensionReported['route'], id: string | null): ExtensionReported => ({
    type: 'extension.reported',
    extension,
    route,
    name,
    email,
    role,
    externalId: id,
    ...restEnvelope(setting, randomTimeAfter(random, startAt, FIRST_POLL_SECONDS))
  })
  return [report('profile', null), ...(random.chance(0.7) ? [report('journal', random.uuid())] : [])]
}

function reportNumber(
  setting: Setting,
  { number, externalId, label, isActive, smsEnabled }: TrueNumber,
  at: number
): NumberEvent {
  return {
    type: 'number.reported',
    number,
    route: 'numbers',
    externalId,
    label,
    enabled: isActive,
    smsEnabled,
    ...restEnvelope(setting, at)
  }
}
