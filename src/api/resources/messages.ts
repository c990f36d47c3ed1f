import { and, eq, getTableColumns, isNull, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import { visible } from '../../access/row-visibility.js'
import { searchText } from '../../db/schema/columns.js'
import { smsLogs } from '../../db/schema/messages.js'
import { orNull } from '../../events/envelope.js'
import { cleanName } from '../../events/text.js'
import { clientShape, toClient } from '../calls/schema.js'
import { listOf, nameParameter, partyParameters } from '../list/parameters.js'
import { isOneOf, isWithin, normalizeParties } from '../list/query-context.js'
import type { Resource } from '../list/resource.js'
import { resourceRoutes } from '../list/resource-routes.js'
import { parseSearch, searchParameter, textMatches } from '../list/search.js'

const MESSAGE_STATES = ['pending', 'sent', 'failed', 'received', 'unconfirmed'] as const

export const messageShape = Type.Object(
  {
    account: Type.String(),
    id: Type.String({ description: 'The id of the message at MightyCall, or the id of the request to send it.' }),
    threadId: orNull(Type.String({ format: 'uuid' }), '`null` when one of the two numbers is unknown.'),
    direction: orNull(Type.Enum(['inbound', 'outbound']), '`null` when unknown.'),
    businessNumber: orNull(Type.String(), 'In E.164 format.'),
    client: orNull(clientShape, '`null` when no client was named.'),
    text: orNull(Type.String(), '`null` when there is none.'),
    attachments: Type.Array(
      Type.Object({
        n: Type.Integer({ minimum: 1, description: 'The position in the message: 1, 2, …' }),
        fileName: orNull(Type.String(), 'The name that the sender gave the file.'),
        sizeBytes: orNull(Type.Integer({ minimum: 0 }), '`null` when unknown.'),
        contentType: orNull(Type.String(), 'The MIME type.')
      })
    ),
    at: Type.String({ format: 'date-time', description: 'When it was sent or received.' }),
    state: Type.Enum([...MESSAGE_STATES], {
      description: 'unconfirmed: it is unknown whether MightyCall has accepted the message.'
    }),
    read: orNull(Type.Boolean(), 'Whether somebody has read it. `null` when unknown.')
  },
  { $id: 'Message', description: 'An SMS or MMS message.' }
)

export type MessageShape = Static<typeof messageShape>
export type MessageRow = Omit<typeof smsLogs.$inferSelect, 'contribution'>

export function toMessage(row: MessageRow): MessageShape {
  // The casts are safe, since only project/models/messages.ts writes the table.
  const attachments = row.attachments as Omit<MessageShape['attachments'][number], 'n'>[]
  return {
    account: row.account,
    id: row.messageId,
    threadId: row.threadId,
    direction: row.direction as MessageShape['direction'],
    businessNumber: row.businessNumber,
    client: toClient(row),
    text: row.text,
    attachments: attachments.map((attachment, i) => ({ n: i + 1, ...attachment })),
    at: row.sentAt.toISOString(),
    state: row.state as MessageShape['state'],
    read: row.read
  }
}

const DIRECTIONS = ['inbound', 'outbound'] as const

const parameters = Type.Object({
  ...partyParameters,
  thread: listOf(Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }), 'Ids of threads.'),
  extension: listOf(nameParameter, 'Extensions of the agents who wrote the messages.'),
  direction: listOf(Type.Enum([...DIRECTIONS]), 'Directions.'),
  state: listOf(Type.Enum([...MESSAGE_STATES]), 'States.'),
  unread: Type.Optional(
    Type.Boolean({
      description: '`true`: only received messages that nobody has read and that were not removed. `false`: all others.'
    })
  ),
  removed: Type.Boolean({ default: false, description: 'Whether removed ones are included.' }),
  q: searchParameter("the client's name, the client's number or the text")
})

const { contribution: _, ...columns } = getTableColumns(smsLogs)

export type MessageColumns = Record<
  'account' | 'businessNumber' | 'sentAt' | 'direction' | 'read' | 'removedAt' | 'clientName' | 'clientNumber' | 'text',
  SQLWrapper
>

export const visibleMessages = (
  viewer: Parameters<typeof visible>[0],
  { account, businessNumber, sentAt: at }: MessageColumns
) => visible(viewer, { account, businessNumber, at })

/** The condition of the index of unread messages. */
export const isUnread = ({ direction, read, removedAt }: MessageColumns) =>
  sql`(${direction} = 'inbound' and ${read} = false and ${removedAt} is null)`

export const textOfMessage = ({ clientName, clientNumber, text }: MessageColumns) =>
  searchText(clientName, clientNumber, text)

export const messages: Resource<typeof parameters, MessageRow, MessageShape> = {
  noun: 'message',
  parameters,
  item: messageShape,
  account: columns.account,
  id: columns.messageId,
  idType: 'text',
  sortColumns: [
    [columns.sentAt, 'timestamptz'],
    [columns.account, 'text'],
    [columns.messageId, 'text']
  ],
  keysetOf: row => [row.sentAt.toISOString(), row.account, row.messageId],
  visible: ({ viewer }) => visibleMessages(viewer, columns),
  where: (query, context) => [
    isWithin(columns.sentAt, query, context),
    isOneOf(columns.account, query.account),
    isOneOf(columns.businessNumber, normalizeParties(query.businessNumber, context)),
    isOneOf(columns.clientNumber, normalizeParties(query.client, context)),
    isOneOf(columns.threadId, query.thread),
    isOneOf(
      columns.extension,
      query.extension?.flatMap(value => cleanName(value) ?? [])
    ),
    inDirections(query.direction),
    isOneOf(columns.state, query.state),
    query.unread === undefined ? undefined : query.unread ? isUnread(columns) : sql`${isUnread(columns)} is not true`,
    query.removed ? undefined : isNull(columns.removedAt),
    textMatches(textOfMessage(columns), parseSearch(query.q, context))
  ],
  select: (db, { where, order, limit }) =>
    db
      .select(columns)
      .from(smsLogs)
      .where(where)
      .orderBy(...(order ? [order] : []))
      .limit(limit),
  toItems: rows => rows.map(toMessage)
}

/** GET /v1/messages and /v1/messages/:id. */
export default resourceRoutes(
  {
    url: '/v1/messages',
    tag: 'messages',
    operationIds: ['listMessages', 'getMessage'],
    summary: 'List SMS and MMS messages, newest first',
    sorts: ['-at', 'at']
  },
  messages
)

/**
 * Adds a condition on the state, which the index contains instead of the direction. The states of a message follow from
 * its direction: see project/models/messages.ts.
 */
function inDirections(directions: readonly (typeof DIRECTIONS)[number][] | undefined): SQL | undefined {
  return (
    directions &&
    or(
      ...directions.map(direction =>
        and(
          eq(columns.direction, direction),
          direction === 'inbound'
            ? eq(columns.state, 'received')
            : isOneOf(
                columns.state,
                MESSAGE_STATES.filter(state => state !== 'received')
              )
        )
      )
    )
  )
}
