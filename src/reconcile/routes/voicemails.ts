import { cleanName } from '../../events/text.js'
import type { VoicemailReported } from '../../events/voicemail.js'
import { HOUR_MS, toIsoOrNull } from '../../lib/instant.js'
import { restFailureOf } from '../../mightycall/rest/failures.js'
import type { ResponseOf } from '../../mightycall/rest/route.js'
import { voicemails } from '../../mightycall/rest/routes/voicemails.js'
import { parseRecordingLink } from '../../mightycall/webhook/recording.js'
import { changeLookBack } from '../look-back.js'
import type { FactOf, RouteReader } from '../route-reader.js'
import { AWAITED, MINUTE_MS } from '../schedule.js'
import { paginate, type Slice } from './paginate.js'
import { pageSizeOf, readList, roundUpToSecond, sendRequest } from './request.js'
import { factEnvelope, idOf, numberOf, rawOf, type SourceRow } from './row.js'

/** Until its transcript is there, the voicemail of a call that ended with one is awaited. */
const AWAITED_VOICEMAILS = `exists (
  select from call_history c
  where account = $1 and outcome = 'voicemail'
    and started_at between $2 - interval '${AWAITED.longestCall}' and $2
    and ended_at > $2 - interval '${AWAITED.giveUpAfter}'
    and not exists (
      select from voicemail_logs v
      where v.account = c.account and v.call_id = c.call_id and v.transcript_state is not null
    )
)`

const UNREAD = `select left_at as at from voicemail_logs
  where account = $1 and read is not true and removed_at is null`

/** Lists the voicemails that were left in the interval. */
export const voicemailsReader: RouteReader = {
  route: 'voicemails',
  schedule: {
    busyMs: HOUR_MS,
    quietMs: 2 * HOUR_MS,
    awaited: { everyMs: 4.5 * MINUTE_MS, condition: AWAITED_VOICEMAILS }
  },
  lookBacks: longestCallMs => [changeLookBack(longestCallMs)],
  unread: UNREAD,
  history: { beforeMs: MINUTE_MS, afterMs: HOUR_MS }, // a voicemail is left at the end of its call
  linksTo: [],
  changes: { 'voicemail.reported': { comparedWith: 'same-route' } },
  scopes: () => [null],
  async *read(context, { from, until }) {
    const portionAt = async (start: number, size: number) => {
      const answered = await sendRequest(context, voicemails, {
        query: { startUtc: from, endUtc: roundUpToSecond(until), skip: start, pageSize: size }
      })
      return {
        ...readList(answered.body.voicemails, { list: 'voicemails', idOf: row => row.id }, answered, context),
        start,
        size,
        total: answered.body.total ?? null
      }
    }
    for await (const { slice, newRows, unreadable } of paginate(pageSizeOf(context), (start, size) =>
      portionAt(start, size).catch(err => emptySliceOrThrow(start, size, err))
    )) {
      yield {
        facts: slice.rows.flatMap(([row, source]) => voicemailFact(row, source) ?? []),
        unlinked: [],
        rows: newRows,
        unreadable
      }
    }
  }
}

/** MightyCall may respond with "Voicemail not found" when there is none (source: MightyCall API v4, Voicemails). */
function emptySliceOrThrow(start: number, size: number, err: unknown): Slice & { rows: [] } {
  if (restFailureOf(err)?.kind !== 'not-found') throw err
  return { ids: [], unreadable: new Set(), start, size, total: null, rows: [] }
}

export type VoicemailRow = ResponseOf<typeof voicemails>['voicemails'][number]

/** A row of /voicemails (source: MightyCall API v4, Voicemails). Only the journal knows the call and the transcript. */
export function voicemailFact(row: VoicemailRow, source: SourceRow): FactOf<VoicemailReported> | null {
  const voicemailId = idOf(row.id)
  if (voicemailId === null) return null
  const clientNumber = numberOf(row.from, source)
  return {
    ...factEnvelope('voicemail.reported', source),
    voicemailId,
    route: 'voicemails',
    callId: null,
    businessNumber: numberOf(row.to, source),
    clientNumber,
    // the name of a site widget stands in the place of a number
    clientName: clientNumber === null ? cleanName(row.from) : null,
    leftAt: toIsoOrNull(row.dateTimeUtc),
    durationSeconds: row.duration ?? null,
    assignedTo: cleanName(row.assignedTo),
    read: row.voicemailStatus ? row.voicemailStatus === 'Read' : null,
    transcriptState: null,
    transcriptText: null,
    recordingId: null, // only in the part of the link that expires
    recordingLink: parseRecordingLink(row.voicemailRecord?.uri),
    removedAt: null,
    raw: rawOf(source)
  }
}
