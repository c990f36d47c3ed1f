import type { StatusReported } from '../../events/status.js'
import type { AnswerOf } from '../../mightycall/rest/route.js'
import type { profileStatus } from '../../mightycall/rest/routes/profile.js'
import type { FindingOf } from '../route-reader.js'
import { rawOf } from './raw.js'
import { beginningOf, type Told } from '../routes/row.js'

/** The status of the user whose key was used (source: MightyCall API v4, Profile). Null when it is none that we know. */
export function presenceFinding (extension: string, { status }: AnswerOf<typeof profileStatus>, told: Told): FindingOf<StatusReported> | null {
  if (!status) return null
  return { ...beginningOf('status.reported', told), extension, route: 'presence', presence: status, raw: rawOf(told) }
}
