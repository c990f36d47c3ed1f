import { isMisfit } from '../../mightycall/rest/read-response.js'
import { profileOf } from '../../mightycall/rest/routes/profile.js'
import { troubleOf } from '../../mightycall/rest/trouble.js'
import { profileFinding } from '../findings/extensions.js'
import type { ReadContext, Reader } from '../route-reader.js'
import { type Answered, ask, onePage } from './request.js'

/** Of one reading: each profile is a request. Whoever has more users than that is told of them by the journal, in which they take part. */
const MOST = 50

/**
 * The profiles of all extensions that we know of, since there is no list of them: those whose key we hold, and those that webhooks and the
 * journal have shown. Of the latter the nameless come first.
 */
export const extensionsReader: Reader = {
  route: 'extensions',
  scopes: () => [null],
  async * read (context) {
    const { account, known } = context
    const extensions = new Set([...Object.keys(account.userKeys), ...await known.extensions()])
    for (const extension of [...extensions].slice(0, MOST)) {
      const answered = await profileAt(extension, context)
      if (answered === 'unread') yield onePage([], 1, 1)
      else if (answered) yield onePage([profileFinding(extension, answered.answer, { account, at: answered.at, raw: answered.raw })], 1)
    }
  }
}

/** Null for an extension that is no user's any more, or whose profile the asking user may not see. Neither that nor one that cannot be read must end the reading of the others. */
async function profileAt (extension: string, context: ReadContext): Promise<Answered<typeof profileOf> | 'unread' | null> {
  const own = Object.hasOwn(context.account.userKeys, extension) ? extension : undefined
  try {
    return await ask(context, profileOf, { path: { extension } }, own)
  } catch (err) {
    if (isMisfit(err)) return 'unread'
    const kind = troubleOf(err)?.kind
    if (kind === 'not-found' || kind === 'refused') return null
    throw err
  }
}
