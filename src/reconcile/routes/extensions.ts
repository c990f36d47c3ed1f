import type { ExtensionReported } from '../../events/directory.js'
import { cleanName } from '../../events/text.js'
import { HOUR_MS } from '../../lib/instant.js'
import { restFailureOf } from '../../mightycall/rest/failures.js'
import { isUnreadableResponse } from '../../mightycall/rest/read-response.js'
import type { ResponseOf } from '../../mightycall/rest/route.js'
import { profileOf } from '../../mightycall/rest/routes/profile.js'
import type { AccountContext, ChangeRule, FactOf, RouteReader } from '../route-reader.js'
import type { AgentRow } from './journal/rows.js'
import { type Answered, onePage, sendRequest } from './request.js'
import { factEnvelope, fullName, idOf, rawOf, type SourceRow } from './row.js'

/** The most profiles that one reading asks for: each is a request. Agents in calls are also named by the journal. */
const MAX_PROFILES = 50

/** The rule of `extension.reported`, which the journal reports too. Old rows of a backfill hold the names of then. */
export const AGENT_CHANGES: ChangeRule = { comparedWith: 'same-route', keepsKnownInBackfill: true }

/**
 * Reads the profile of every known extension, since MightyCall has no list of them: first those with a user key, then
 * those that webhooks and the journal have shown, beginning with those that have no name yet.
 */
export const extensionsReader: RouteReader = {
  route: 'extensions',
  schedule: { busyMs: 12 * HOUR_MS, quietMs: 24 * HOUR_MS },
  lookBacks: () => [],
  history: null,
  linksTo: [],
  changes: { 'extension.reported': AGENT_CHANGES },
  scopes: () => [null],
  async *read(context) {
    const { account, lookups } = context
    const extensions = new Set([...Object.keys(account.userKeys), ...(await lookups.extensions())])
    for (const extension of [...extensions].slice(0, MAX_PROFILES)) {
      const answered = await readProfile(extension, context)
      if (answered === 'unreadable') yield onePage([], 1, 1)
      else if (answered)
        yield onePage([profileFact(extension, answered.body, { account, at: answered.at, raw: answered.raw })], 1)
    }
  }
}

/**
 * Null when no user has the extension any more, or when the asking user may not see the profile. Neither that nor an
 * unreadable profile ends the reading of the others.
 */
async function readProfile(
  extension: string,
  context: AccountContext
): Promise<Answered<typeof profileOf> | 'unreadable' | null> {
  const ownKey = Object.hasOwn(context.account.userKeys, extension) ? extension : undefined
  try {
    return await sendRequest(context, profileOf, { path: { extension } }, ownKey)
  } catch (err) {
    if (isUnreadableResponse(err)) return 'unreadable'
    const kind = restFailureOf(err)?.kind
    if (kind === 'not-found' || kind === 'refused') return null
    throw err
  }
}

/**
 * A response of /profile/{extension} (source: MightyCall API v4, Profile). The extension is the one that was asked for,
 * whatever the response says.
 */
export function profileFact(
  extension: string,
  row: ResponseOf<typeof profileOf>,
  source: SourceRow
): FactOf<ExtensionReported> {
  return {
    ...factEnvelope('extension.reported', source),
    extension,
    route: 'profile',
    name: fullName(row.firstName, row.lastName),
    email: cleanName(row.email),
    role: cleanName(row.role),
    externalId: null,
    raw: rawOf(source)
  }
}

/** An agent in a row of the journal; null for a group, a queue, a voicemail box, or an agent without an extension. */
export function agentFact(row: AgentRow, source: SourceRow): FactOf<ExtensionReported> | null {
  const extension = idOf(row.extension)
  if (extension === null || !isUser(row)) return null
  return {
    ...factEnvelope('extension.reported', source),
    extension,
    route: 'journal',
    name: cleanName(row.name),
    email: cleanName(row.email),
    role: cleanName(row.role),
    externalId: idOf(row.id),
    raw: rawOf(source)
  }
}

/** Rows may leave out the type of an agent. */
export function isUser({ type }: AgentRow): boolean {
  return type === 'User' || type === null || type === undefined
}
