import { profileOf } from '../../mightycall/rest/routes/profile.js'
import { troubleOf } from '../../mightycall/rest/trouble.js'
import { profileFinding } from '../findings/extensions.js'
import type { ReadContext, Reader } from '../reader.js'
import { type Answered, ask, onePage } from './ask.js'

/** The profiles of all extensions that we know of: there is no list of them. */
export const extensionsReader: Reader = {
  route: 'extensions',
  scopes: () => [null],
  async * read (context) {
    const { account, extensions = [] } = context
    for (const extension of new Set([...Object.keys(account.userKeys), ...extensions])) {
      const answered = await profileAt(extension, context)
      if (answered) yield onePage([profileFinding(extension, answered.answer, { account, at: answered.at, raw: answered.raw })], 1)
    }
  }
}

/** Null for an extension that is no user's any more, or whose profile the asking user may not see: that must not end the reading of the others. */
async function profileAt (extension: string, context: ReadContext): Promise<Answered<typeof profileOf> | null> {
  const own = Object.hasOwn(context.account.userKeys, extension) ? extension : undefined
  try {
    return await ask(context, profileOf, { path: { extension } }, own)
  } catch (err) {
    const kind = troubleOf(err)?.kind
    if (kind === 'not-found' || kind === 'refused') return null
    throw err
  }
}
