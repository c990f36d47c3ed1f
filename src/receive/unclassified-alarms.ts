import type { Event } from '../events/event.js'
import type { NotifiedAccount } from '../mightycall/webhook/notification.js'
import { raiseAlarm, resolveAlarm } from '../observability/alarms.js'

/** Raises alarms about notifications that are acknowledged and stored, but not understood. */
export interface UnclassifiedAlarms {
  /** Takes the result of each stored notification, in the order of receipt. */
  note: (account: NotifiedAccount, event: Event) => void
}

/** So many of the last notifications of an account are looked at. */
const LAST = 20
/** While notifications with another key arrive, the alarm is repeated this often, with their number. */
const REPEAT_MS = 60_000

type Result = 'understood' | 'unclassified' | 'api-key-mismatch'

interface AccountState {
  /** The configured key: a corrected one is judged by later notifications alone. */
  apiKey: string | null
  /** Of the last 20 notifications, oldest first. */
  results: Result[]
  isNotUnderstoodRaised: boolean
  /** The notifications with another key since the last line of the log. */
  mismatches: number
  lastMismatchLineAt: number
}

/**
 * A key that differs raises its alarm at once. It is over when a notification is understood and none of the last 20 has
 * another key. The other alarm lasts while more than half of the last 20 notifications are unclassified.
 */
export function createUnclassifiedAlarms(log: Parameters<typeof raiseAlarm>[0]): UnclassifiedAlarms {
  const states = new Map<string, AccountState>()

  function stateOf({ id, apiKey }: NotifiedAccount): AccountState {
    const known = states.get(id)
    if (known?.apiKey === apiKey) return known
    const state: AccountState = {
      apiKey,
      results: [],
      isNotUnderstoodRaised: known?.isNotUnderstoodRaised ?? false,
      mismatches: 0,
      lastMismatchLineAt: Number.NEGATIVE_INFINITY
    }
    states.set(id, state)
    return state
  }

  function noteMismatch(account: string, state: AccountState): void {
    state.mismatches++
    if (performance.now() - state.lastMismatchLineAt < REPEAT_MS) return
    raiseAlarm(
      log,
      { alarm: 'api-key-mismatch', account, notifications: state.mismatches },
      'notifications carry another ApiKey than the configured one: they are stored, but not projected'
    )
    state.mismatches = 0
    state.lastMismatchLineAt = performance.now()
  }

  return {
    note: (account, event) => {
      const state = stateOf(account)
      const { results } = state
      const result = resultOf(event)
      results.push(result)
      if (results.length > LAST) results.shift()
      if (result === 'api-key-mismatch') noteMismatch(account.id, state)
      const understood = count(results, 'understood')
      const mismatched = count(results, 'api-key-mismatch')
      if (understood > 0 && mismatched === 0) resolveAlarm(log, { alarm: 'api-key-mismatch', account: account.id })
      if (results.length - understood > LAST / 2 && !state.isNotUnderstoodRaised) {
        state.isNotUnderstoodRaised = true
        raiseAlarm(
          log,
          {
            alarm: 'not-understood',
            account: account.id,
            unclassified: results.length - understood,
            of: results.length
          },
          'most notifications of an account are not understood: they are stored, but not projected'
        )
      } else if (understood >= LAST / 2) {
        resolveAlarm(log, { alarm: 'not-understood', account: account.id })
        state.isNotUnderstoodRaised = false
      }
    }
  }
}

function resultOf(event: Event): Result {
  if (event.type !== 'unclassified') return 'understood'
  return event.reason === 'api-key-mismatch' ? event.reason : 'unclassified'
}

function count(results: readonly Result[], result: Result): number {
  return results.reduce((sum, one) => (one === result ? sum + 1 : sum), 0)
}
