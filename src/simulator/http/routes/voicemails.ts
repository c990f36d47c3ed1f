import type { VoicemailReported } from '../../../events/voicemail.js'
import { DAY_MS } from '../../../lib/instant.js'
import { formatInstant } from '../../instant.js'
import { notFound } from '../error-responses.js'
import { choices, instant, integer, unsupported } from '../query.js'
import type { World } from '../state/world.js'
import { expiringLink, type Row, withOffset } from '../wire.js'
import { enveloped, queryOf, type Routes } from './context.js'

const PARAMETERS = {
  pageSize: integer(1, 10),
  skip: integer(0, 0),
  startUtc: instant,
  endUtc: instant,
  voicemailFilter: choices('Read', 'UnRead', 'ReadAndUnRead'),
  customFilter: unsupported
}

/** The interval defaults to the last 24 h, as for calls. */
export const voicemailRoutes: Routes = (app, { world, now }) => {
  app.get('/voicemails', request => {
    const at = now()
    const { pageSize, skip, startUtc, endUtc, voicemailFilter } = queryOf(request, PARAMETERS)
    const [since, until] = [formatInstant(startUtc ?? at - DAY_MS), formatInstant(endUtc ?? at)]
    const wanted =
      voicemailFilter.length === 0 || voicemailFilter.includes('ReadAndUnRead')
        ? [true, false]
        : voicemailFilter.map(filter => filter === 'Read')
    const voicemails = visibleVoicemails(world, at).filter(
      ({ leftAt, read }) => leftAt !== null && leftAt >= since && leftAt <= until && wanted.includes(read === true)
    )
    return enveloped({
      voicemails: voicemails.slice(skip, skip + pageSize).map(voicemail => voicemailRow(world, voicemail, at)),
      total: voicemails.length
    })
  })

  app.get<{ Params: { id: string } }>('/voicemails/:id', request => {
    const at = now()
    const voicemail = visibleVoicemails(world, at).find(({ voicemailId }) => voicemailId === request.params.id)
    if (!voicemail) throw notFound('Voicemail')
    return enveloped(voicemailRow(world, voicemail, at))
  })
}

/** Returns the voicemails that `/voicemails` lists at an instant, newest first. Only the journal has removed ones. */
function visibleVoicemails({ history }: World, now: number): VoicemailReported[] {
  return history.voicemails
    .snapshotAt(now)
    .filter(({ removedAt }) => removedAt === null)
    .sort((a, b) => ((a.leftAt ?? '') < (b.leftAt ?? '') ? 1 : -1))
}

/** A voicemail as `/voicemails` formats it, without its transcript. */
function voicemailRow({ seed }: World, voicemail: VoicemailReported, now: number): Row {
  const {
    voicemailId,
    clientNumber,
    clientName,
    businessNumber,
    assignedTo,
    leftAt,
    durationSeconds,
    read,
    recordingId,
    recordingLink
  } = voicemail
  return {
    id: voicemailId,
    from: clientNumber ?? clientName,
    to: businessNumber,
    assignedTo,
    dateTimeUtc: withOffset(leftAt ?? ''),
    duration: String(durationSeconds ?? 0),
    voicemailStatus: read ? 'Read' : 'UnRead',
    ...(recordingLink !== null && {
      voicemailRecord: {
        fileName: `voicemail/${voicemailId}.wav`,
        uri: expiringLink(recordingLink, { recordingId, seed, now })
      }
    }),
    storageId: null
  }
}
