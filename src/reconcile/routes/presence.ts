import { profileStatus } from '../../mightycall/rest/routes/profile.js'
import { presenceFinding } from '../findings/presence.js'
import type { Reader } from '../route-reader.js'
import { ask, onePage } from './request.js'

/** Each user's, with that user's own key: of anybody else nothing is told (source: MightyCall API v4, Profile). */
export const presenceReader: Reader = {
  route: 'presence',
  scopes: account => Object.keys(account.userKeys),
  async * read (context, _interval, extension) {
    if (extension === null) return
    const { answer, raw, at } = await ask(context, profileStatus, {}, extension)
    const finding = presenceFinding(extension, answer, { account: context.account, at, raw })
    yield onePage(finding ? [finding] : [], 1)
  }
}
