import type { StatusReported } from '../../events/status.js'
import type { ResponseOf } from '../../mightycall/rest/route.js'
import { profileStatus } from '../../mightycall/rest/routes/profile.js'
import type { FindingOf, Reader } from '../route-reader.js'
import { ask, onePage } from './request.js'
import { beginningOf, rawOf, type Told } from './row.js'

/** Each user's, with that user's own key: of anybody else nothing is told (source: MightyCall API v4, Profile). */
export const presenceReader: Reader = {
  route: 'presence',
  scopes: account => Object.keys(account.userKeys),
  async *read(context, _interval, extension) {
    if (extension === null) return
    const { body, raw, at } = await ask(context, profileStatus, {}, extension)
    const finding = presenceFinding(extension, body, { account: context.account, at, raw })
    yield onePage(finding ? [finding] : [], 1)
  }
}

/**
 * The status of the user whose key was used (source: MightyCall API v4, Profile). Null when it is none that we know.
 */
export function presenceFinding(
  extension: string,
  { status }: ResponseOf<typeof profileStatus>,
  told: Told
): FindingOf<StatusReported> | null {
  if (!status) return null
  return { ...beginningOf('status.reported', told), extension, route: 'presence', presence: status, raw: rawOf(told) }
}
