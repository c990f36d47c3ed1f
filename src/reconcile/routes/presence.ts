import type { StatusReported } from '../../events/status.js'
import { HOUR_MS } from '../../lib/instant.js'
import type { ResponseOf } from '../../mightycall/rest/route.js'
import { profileStatus } from '../../mightycall/rest/routes/profile.js'
import type { FactOf, RouteReader } from '../route-reader.js'
import { MINUTE_MS } from '../schedule.js'
import { onePage, sendRequest } from './request.js'
import { factEnvelope, rawOf, type SourceRow } from './row.js'

/** Reads the status of each user whose key is known: MightyCall reports it to that user alone. */
export const presenceReader: RouteReader = {
  route: 'presence',
  schedule: { busyMs: 15 * MINUTE_MS, quietMs: HOUR_MS },
  lookBacks: () => [],
  history: null,
  linksTo: [],
  // its fold is one timeline, in which REST must contradict what a webhook said meanwhile, even by repeating itself
  changes: { 'status.reported': { comparedWith: 'any-route' } },
  scopes: account => Object.keys(account.userKeys),
  async *read(context, _interval, extension) {
    if (extension === null) return
    const { body, raw, at } = await sendRequest(context, profileStatus, {}, extension)
    const fact = presenceFact(extension, body, { account: context.account, at, raw })
    yield onePage(fact ? [fact] : [], 1)
  }
}

/** The status of the user whose key was used (source: MightyCall API v4, Profile). Null for an unknown status. */
export function presenceFact(
  extension: string,
  { status }: ResponseOf<typeof profileStatus>,
  source: SourceRow
): FactOf<StatusReported> | null {
  if (!status) return null
  return {
    ...factEnvelope('status.reported', source),
    extension,
    route: 'presence',
    presence: status,
    raw: rawOf(source)
  }
}
