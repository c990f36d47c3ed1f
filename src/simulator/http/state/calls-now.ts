import { type PlacedCall, placeCall, type CallRequest } from '../../placed-call.js'
import { createRandom } from '../../random.js'
import type { World } from './world.js'

/** Subjects of randomness that no other part of a company has. */
const FIRST_SUBJECT = 10_000

/** A call that a user asks for: it is among the true ones from now on, and REST tells of it once it has ended. */
export function placeCallNow(world: World, wish: CallRequest): PlacedCall {
  const { truth, history, seed, kind } = world
  const random = createRandom(seed, FIRST_SUBJECT + truth.calls.length)
  const placed = placeCall({ account: truth.account, random, startAt: wish.at, endAt: wish.at }, truth.staff, {
    ...wish,
    notation: kind
  })
  truth.calls.push(placed.call)
  for (const fact of placed.facts) (fact.route === 'calls' ? history.calls : history.journalCalls).add(fact)
  return placed
}
