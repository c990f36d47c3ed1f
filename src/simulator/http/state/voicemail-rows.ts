import type { VoicemailReported } from '../../../events/voicemail.js'
import { expiringLink, type Row, withOffset } from '../wire.js'
import type { World } from './world.js'

/**
 * What `/voicemails` tells at an instant, newest first. A removed one is not listed any more: the journal tells of it.
 */
export function visibleVoicemails({ history }: World, now: number): VoicemailReported[] {
  return history.voicemails
    .snapshotAt(now)
    .filter(({ removedAt }) => removedAt === null)
    .sort((a, b) => ((a.leftAt ?? '') < (b.leftAt ?? '') ? 1 : -1))
}

/** A voicemail as `/voicemails` writes it, without what was said. */
export function voicemailRow({ seed }: World, voicemail: VoicemailReported, now: number): Row {
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
