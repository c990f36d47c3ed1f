import { eq, getTableColumns, isNull, or } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import { visible } from '../../access/row-visibility.js'
import { searchText } from '../../db/schema/columns.js'
import { voicemailLogs } from '../../db/schema/messages.js'
import { orNull } from '../../events/envelope.js'
import { TRANSCRIPT_STATES } from '../../events/voicemail.js'
import { toIsoOrNull } from '../../lib/instant.js'
import { clientShape, instant, recordingShape, toClient } from '../calls/schema.js'
import { partyParameters } from '../list/parameters.js'
import { isOneOf, isWithin, normalizeParties } from '../list/query-context.js'
import type { Resource } from '../list/resource.js'
import { resourceRoutes } from '../list/resource-routes.js'
import { parseSearch, searchParameter, textMatches } from '../list/search.js'

const parameters = Type.Object({
  ...partyParameters,
  unread: Type.Optional(
    Type.Boolean({ description: '`true`: only voicemails that nobody has listened to. `false`: all others.' })
  ),
  removed: Type.Boolean({ default: false, description: 'Whether removed ones are included.' }),
  q: searchParameter("the client's name, the client's number or the transcript")
})

const voicemailShape = Type.Object(
  {
    account: Type.String(),
    id: Type.String({ description: 'The id of the voicemail at MightyCall.' }),
    callId: orNull(Type.String(), 'The id of the call in which it was left. `null` when unknown.'),
    businessNumber: orNull(Type.String(), 'In E.164 format.'),
    client: orNull(clientShape, '`null` when no client was named.'),
    at: Type.String({ format: 'date-time', description: 'When the voicemail was left.' }),
    durationSeconds: orNull(Type.Number({ minimum: 0 }), '`null` when unknown.'),
    transcript: Type.Object({
      state: orNull(Type.Enum([...TRANSCRIPT_STATES]), 'The result of speech recognition. `null` when unknown.'),
      text: orNull(Type.String(), 'The recognized text.')
    }),
    read: orNull(Type.Boolean(), 'Whether somebody has listened to it. `null` when unknown.'),
    recording: orNull(recordingShape, '`null` when no recording is known.'),
    removedAt: orNull(instant, '`null` unless it was removed.')
  },
  { $id: 'Voicemail', description: 'A voicemail and its transcript.' }
)

export type VoicemailShape = Static<typeof voicemailShape>

const { contribution: _, ...columns } = getTableColumns(voicemailLogs)
type Row = Omit<typeof voicemailLogs.$inferSelect, 'contribution'>

const text = searchText(columns.clientName, columns.clientNumber, columns.transcriptText)

export const voicemails: Resource<typeof parameters, Row, VoicemailShape> = {
  noun: 'voicemail',
  parameters,
  item: voicemailShape,
  account: columns.account,
  id: columns.voicemailId,
  idType: 'text',
  sortColumns: [
    [columns.leftAt, 'timestamptz'],
    [columns.account, 'text'],
    [columns.voicemailId, 'text']
  ],
  keysetOf: row => [row.leftAt.toISOString(), row.account, row.voicemailId],
  visible: ({ viewer }) =>
    visible(viewer, { account: columns.account, businessNumber: columns.businessNumber, at: columns.leftAt }),
  where: (query, context) => [
    isWithin(columns.leftAt, query, context),
    isOneOf(columns.account, query.account),
    isOneOf(columns.businessNumber, normalizeParties(query.businessNumber, context)),
    isOneOf(columns.clientNumber, normalizeParties(query.client, context)),
    query.unread === undefined
      ? undefined
      : query.unread
        ? eq(columns.read, false)
        : or(eq(columns.read, true), isNull(columns.read)),
    query.removed ? undefined : isNull(columns.removedAt),
    textMatches(text, parseSearch(query.q, context))
  ],
  select: (db, { where, order, limit }) =>
    db
      .select(columns)
      .from(voicemailLogs)
      .where(where)
      .orderBy(...(order ? [order] : []))
      .limit(limit),
  toItems: rows => rows.map(toVoicemail)
}

/** GET /v1/voicemails and /v1/voicemails/:id. */
export default resourceRoutes(
  {
    url: '/v1/voicemails',
    tag: 'voicemails',
    operationIds: ['listVoicemails', 'getVoicemail'],
    summary: 'List voicemails, newest first',
    sorts: ['-at', 'at']
  },
  voicemails
)

function toVoicemail(row: Row): VoicemailShape {
  return {
    account: row.account,
    id: row.voicemailId,
    callId: row.callId,
    businessNumber: row.businessNumber,
    client: toClient(row),
    at: row.leftAt.toISOString(),
    durationSeconds: row.durationSeconds,
    // The cast is safe, since only project/models/voicemails.ts writes the table.
    transcript: { state: row.transcriptState as VoicemailShape['transcript']['state'], text: row.transcriptText },
    read: row.read,
    recording: row.recordingId === null && row.recordingLink === null ? null : { id: row.recordingId },
    removedAt: toIsoOrNull(row.removedAt)
  }
}
