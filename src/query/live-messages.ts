import { and } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { visible } from '../access/visible.js'
import { smsLogs } from '../db/schema/messages.js'
import type { LiveReader } from '../live/readers.js'
import { amongKeys } from './live-keys.js'

export function messageReader (db: NodePgDatabase): LiveReader {
  return async (viewer, keys) => {
    const { account, businessNumber, sentAt: at, messageId } = smsLogs
    const rows = await db.select().from(smsLogs).where(and(amongKeys(keys, account, messageId), visible(viewer, { account, businessNumber, at })))
    return rows.map(row => ({ account: row.account, object: row.messageId, row: toMessage(row) }))
  }
}

function toMessage (row: typeof smsLogs.$inferSelect) {
  const attachments = row.attachments as object[] // only project/messages.ts writes the table
  return {
    account: row.account,
    id: row.messageId,
    threadId: row.threadId,
    direction: row.direction,
    businessNumber: row.businessNumber,
    client: row.clientNumber === null && row.clientName === null ? null : { number: row.clientNumber, name: row.clientName },
    text: row.text,
    attachments: attachments.map((attachment, i) => ({ n: i + 1, ...attachment })),
    at: row.sentAt.toISOString(),
    state: row.state,
    read: row.read
  }
}
