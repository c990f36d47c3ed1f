import type { ExtensionReported, NumberEvent } from '../events/directory.js'
import { anyMoment, later, restEnvelope, type Setting } from './fact.js'
import type { Agent, BusinessNumber, Staff } from './staff.js'
import type { TrueCall } from './true-call.js'
import type { TrueExtension, TrueNumber } from './truth.js'

/** The first look at the account, in seconds after the beginning. */
const FIRST_LOOK = [1, 60] as const

export interface SimulatedNumbers {
  facts: NumberEvent[]
  numbers: TrueNumber[]
}

/** The business numbers: some get another label, or are switched off, and one may be given up. */
export function simulateNumbers (setting: Setting, staff: Staff): SimulatedNumbers {
  const { random } = setting
  const givenUp = random.chance(0.3) ? [{ number: '+15550900000', label: 'Old line', externalId: random.uuid(), smsEnabled: false }] : []
  const facts: NumberEvent[] = []
  const numbers = [...staff.numbers, ...givenUp].map(line => {
    const createdAt = later(random, setting.startAt, FIRST_LOOK)
    const number: TrueNumber = { account: setting.account, ...line, isActive: true, createdAt }
    facts.push(reportNumber(setting, number, createdAt))
    const at = Math.max(createdAt + 1, anyMoment(setting))
    if (givenUp.includes(line)) {
      number.isActive = false
      facts.push({ ...restEnvelope(setting, at), type: 'number.removed', number: line.number })
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

/** Each extension that the REST API tells of, or that took part in a call. */
export function simulateExtensions (setting: Setting, staff: Staff, calls: readonly TrueCall[]): SimulatedExtensions {
  const firstSeen = new Map<string, number>()
  for (const leg of calls.flatMap(call => call.legs)) firstSeen.set(leg.extension, Math.min(leg.ringingAt, firstSeen.get(leg.extension) ?? leg.ringingAt))
  const facts: ExtensionReported[] = []
  const extensions = staff.agents.flatMap(agent => {
    const own = agent.isReported ? reportAgent(setting, agent) : []
    const sightings = [...own.map(fact => Date.parse(fact.occurredAt)), firstSeen.get(agent.extension) ?? []].flat()
    if (sightings.length === 0) return []
    facts.push(...own)
    return [extensionOf(setting, agent, own, Math.min(...sightings))]
  })
  return { facts, extensions }
}

function extensionOf ({ account }: Setting, { extension, name, email, role, externalId }: Agent, facts: readonly ExtensionReported[], createdAt: number): TrueExtension {
  const isReported = facts.length > 0
  return {
    account,
    extension,
    displayName: isReported ? name : null,
    email: isReported ? email : null,
    role: isReported ? role : null,
    externalId: facts.some(fact => fact.externalId !== null) ? externalId : null,
    createdAt
  }
}

/** The profile route knows no id of the user, the journal does. */
function reportAgent (setting: Setting, { extension, name, email, role, externalId }: Agent): ExtensionReported[] {
  const { random, startAt } = setting
  const report = (route: ExtensionReported['route'], id: string | null): ExtensionReported =>
    ({ ...restEnvelope(setting, later(random, startAt, FIRST_LOOK)), type: 'extension.reported', extension, route, name, email, role, externalId: id })
  return [report('profile', null), ...random.chance(0.7) ? [report('journal', externalId)] : []]
}

function reportNumber (setting: Setting, { number, externalId, label, isActive, smsEnabled }: TrueNumber & BusinessNumber, at: number): NumberEvent {
  return { ...restEnvelope(setting, at), type: 'number.reported', number, route: 'numbers', externalId, label, enabled: isActive, smsEnabled }
}
