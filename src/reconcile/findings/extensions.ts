import type { ExtensionReported } from '../../events/directory.js'
import { cleanName } from '../../events/text.js'
import type { AnswerOf } from '../../mightycall/rest/route.js'
import type { profileOf } from '../../mightycall/rest/routes/profile.js'
import type { FindingOf } from '../route-reader.js'
import type { AgentRow } from '../routes/journal/rows.js'
import { rawOf } from './raw.js'
import { beginningOf, fullName, idOf, type Told } from '../routes/row.js'

/** The profile of an extension, which is the one that was asked for, whatever it says (source: MightyCall API v4, Profile). */
export function profileFinding (extension: string, row: AnswerOf<typeof profileOf>, told: Told): FindingOf<ExtensionReported> {
  return {
    ...beginningOf('extension.reported', told),
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
export function agentFinding (row: AgentRow, told: Told): FindingOf<ExtensionReported> | null {
  const extension = idOf(row.extension)
  if (extension === null || !isUser(row)) return null
  return {
    ...beginningOf('extension.reported', told),
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
export function isUser ({ type }: AgentRow): boolean {
  return type === 'User' || type === null || type === undefined
}
