import { cleanName } from '../../events/text.js'
import type { VoicemailReported } from '../../events/voicemail.js'
import { recordingLinkOf } from '../../mightycall/webhook/recording.js'
import type { AnswerOf } from '../../mightycall/rest/route.js'
import type { voicemails } from '../../mightycall/rest/routes/voicemails.js'
import type { FindingOf } from '../route-reader.js'
import { rawOf } from './raw.js'
import { beginningOf, idOf, isoOf, numberOf, type Told } from '../routes/row.js'

export type VoicemailRow = AnswerOf<typeof voicemails>['voicemails'][number]

/** A row of /voicemails (source: MightyCall API v4, Voicemails). It knows neither the call nor what was said: the journal does. */
export function voicemailFinding (row: VoicemailRow, told: Told): FindingOf<VoicemailReported> | null {
  const voicemailId = idOf(row.id)
  if (voicemailId === null) return null
  const clientNumber = numberOf(row.from, told)
  return {
    ...beginningOf('voicemail.reported', told),
    voicemailId,
    route: 'voicemails',
    callId: null,
    businessNumber: numberOf(row.to, told),
    clientNumber,
    clientName: clientNumber === null ? cleanName(row.from) : null, // a widget's name stands where its number would
    leftAt: isoOf(row.dateTimeUtc),
    durationSeconds: row.duration ?? null,
    assignedTo: cleanName(row.assignedTo),
    read: row.voicemailStatus ? row.voicemailStatus === 'Read' : null,
    transcriptState: null,
    transcriptText: null,
    recordingId: null, // only in what expires of the link
    recordingLink: recordingLinkOf(row.voicemailRecord?.uri),
    removedAt: null,
    raw: rawOf(told)
  }
}
