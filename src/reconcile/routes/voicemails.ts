import { cleanName } from '../../events/text.js'
import type { VoicemailReported } from '../../events/voicemail.js'
import { restFailureOf } from '../../mightycall/rest/failures.js'
import type { ResponseOf } from '../../mightycall/rest/route.js'
import { voicemails } from '../../mightycall/rest/routes/voicemails.js'
import { parseRecordingLink } from '../../mightycall/webhook/recording.js'
import type { FindingOf, Reader } from '../route-reader.js'
import { type Portion, walk } from './paginate.js'
import { ask, listed, pageSizeOf, untilSecond } from './request.js'
import { beginningOf, idOf, isoOf, numberOf, rawOf, type Told } from './row.js'

/** Those that were left in the interval. */
export const voicemailsReader: Reader = {
  route: 'voicemails',
  scopes: () => [null],
  async *read(context, { from, until }) {
    const portionAt = async (start: number, size: number) => {
      const answered = await ask(context, voicemails, {
        query: { startUtc: from, endUtc: untilSecond(until), skip: start, pageSize: size }
      })
      return {
        ...listed(answered.body.voicemails, { list: 'voicemails', idOf: row => row.id }, answered, context),
        start,
        size,
        total: answered.body.total ?? null
      }
    }
    for await (const { portion, fresh, unread } of walk(pageSizeOf(context), (start, size) =>
      portionAt(start, size).catch(err => noneAt(start, size, err))
    )) {
      yield {
        findings: portion.rows.flatMap(([row, told]) => voicemailFinding(row, told) ?? []),
        unlinked: [],
        rows: fresh,
        unread
      }
    }
  }
}

/** No voicemail at all may be "Voicemail not found" (source: MightyCall API v4, Voicemails). */
function noneAt(start: number, size: number, err: unknown): Portion & { rows: [] } {
  if (restFailureOf(err)?.kind !== 'not-found') throw err
  return { ids: [], unread: new Set(), start, size, total: null, rows: [] }
}

export type VoicemailRow = ResponseOf<typeof voicemails>['voicemails'][number]

/**
 * A row of /voicemails (source: MightyCall API v4, Voicemails). It knows neither the call nor what was said: the
 * journal does.
 */
export function voicemailFinding(row: VoicemailRow, told: Told): FindingOf<VoicemailReported> | null {
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
    recordingLink: parseRecordingLink(row.voicemailRecord?.uri),
    removedAt: null,
    raw: rawOf(told)
  }
}
