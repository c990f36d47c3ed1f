import { and } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { visible } from '../access/visible.js'
import { voicemailLogs } from '../db/schema/messages.js'
import type { LiveReader } from '../live/readers.js'
import { amongKeys } from './live-keys.js'

export function voicemailReader (db: NodePgDatabase): LiveReader {
  return async (viewer, keys) => {
    const { account, businessNumber, leftAt: at, voicemailId } = voicemailLogs
    const rows = await db.select().from(voicemailLogs).where(and(amongKeys(keys, account, voicemailId), visible(viewer, { account, businessNumber, at })))
    return rows.map(row => ({ account: row.account, object: row.voicemailId, row: toVoicemail(row) }))
  }
}

function toVoicemail (row: typeof voicemailLogs.$inferSelect) {
  return {
    account: row.account,
    id: row.voicemailId,
    callId: row.callId,
    businessNumber: row.businessNumber,
    client: row.clientNumber === null && row.clientName === null ? null : { number: row.clientNumber, name: row.clientName },
    at: row.leftAt.toISOString(),
    durationSeconds: row.durationSeconds,
    transcript: { state: row.transcriptState, text: row.transcriptText },
    read: row.read,
    recording: row.recordingId === null && row.recordingLink === null ? null : { id: row.recordingId },
    removedAt: row.removedAt?.toISOString() ?? null
  }
}
