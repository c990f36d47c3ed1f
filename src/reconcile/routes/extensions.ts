import type { ExtensionReported } from '../../events/directory.js'
import { cleanName } from '../../events/text.js'
import { restFailureOf } from '../../mightycall/rest/failures.js'
import { isUnreadableResponse } from '../../mightycall/rest/read-response.js'
import type { ResponseOf } from '../../mightycall/rest/route.js'
import { profileOf } from '../../mightycall/rest/routes/profile.js'
import type { AccountContext, FactOf, RouteReader } from '../route-reader.js'
import type { AgentRow } from './journal/rows.js'
import { type Answered, onePage, sendRequest } from './request.js'
import { factEnvelope, fullName, idOf, rawOf, type SourceRow } from './row.js'

/**
 * Of one reading: each profile is a request. Whoever has more users than that is told of them by the journal, in which
 * they take part.
 */
const MOST = 50

/**
 * The profiles of all extensions that we know of, since there is no list of them: those whose key we hold, and those
 * that webhooks and the
 * journal have shown. Of the latter the nameless come first.
 */
export const extensionsReader: RouteReader = {
  route: 'extensions',
  scopes: () => [null],
  async *read(context) {
    const { account, lookups } = context
    const extensions = new Set([...Object.keys(account.userKeys), ...(await lookups.extensions())])
    for (const extension of [...extensions].slice(0, MOST)) {
      const answered = await profileAt(extension, context)
      if (answered === 'unread') yield onePage([], 1, 1)
      else if (answered)
        yield onePage([profileFact(extension, answered.body, { account, at: answered.at, raw: answered.raw })], 1)
    }
  }
}

/**
 * Null for an extension that is no user's any more, or whose profile the asking user may not see. Neither that nor one
 * that cannot be read must end the reading of the others.
 */
async function profileAt(
  extension: string,
  context: AccountContext
): Promise<Answered<typeof profileOf> | 'unread' | null> {
  const own = Object.hasOwn(context.account.userKeys, extension) ? extension : undefined
  try {
    return await sendRequest(context, profileOf, { path: { extension } }, own)
  } catch (err) {
    if (isUnreadableResponse(err)) return 'unread'
    const kind = restFailureOf(err)?.kind
    if (kind === 'not-found' || kind === 'refused') return null
    throw err
  }
}

/**
 * The profile of an extension, which is the one that was asked for, whatever it says (source: MightyCall API v4,
 * Profile).
 */
export function profileFact(
  extension: string,
  row: ResponseOf<typeof profileOf>,
  told: SourceRow
): FactOf<ExtensionReported> {
  return {
    ...factEnvelope('extension.reported', told),
    extension,
    route: 'profile',
    name: fullName(row.firstName, row.lastName),
    email: cleanName(row.email),
    role: cleanName(row.role),
    externalId: null,
    raw: rawOf(told)
  }
}

/** An agent of a journal's row; null for a group, a queue, a voicemail box, and whoever has no extension. */
export function agentFact(row: AgentRow, told: SourceRow): FactOf<ExtensionReported> | null {
  const extension = idOf(row.extension)
  if (extension === null || !isUser(row)) return null
  return {
    ...factEnvelope('extension.reported', told),
    extension,
    route: 'journal',
    name: cleanName(row.name),
    email: cleanName(row.email),
    role: cleanName(row.role),
    externalId: idOf(row.id),
    raw: rawOf(told)
  }
}

/** It is not always said. */
export function isUser({ type }: AgentRow): boolean {
  return type === 'User' || type === null || type === undefined
}
