import { and, getTableColumns, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import Type, { type Static } from 'typebox'
import type { Viewer } from '../../access/viewer.js'
import { smsLogs } from '../../db/schema/messages.js'
import { orNull } from '../../events/envelope.js'
import { clientShape, toClient } from '../calls/schema.js'
import { partyParameters } from '../list/parameters.js'
import { isOneOf, isWithin, normalizeParties } from '../list/query-context.js'
import type { Resource } from '../list/resource.js'
import { resourceRoutes } from '../list/resource-routes.js'
import { parseSearch, searchParameter, textMatches } from '../list/search.js'
import { isUnread, type MessageRow, messageShape, textOfMessage, toMessage, visibleMessages } from './messages.js'

const parameters = Type.Object({
  ...partyParameters,
  unread: Type.Optional(
    Type.Boolean({ description: '`true`: only threads with unread messages. `false`: only threads without.' })
  ),
  q: searchParameter("the client's name, the client's number or the text of any message")
})

const threadShape = Type.Object(
  {
    account: Type.String(),
    id: Type.String({ format: 'uuid' }),
    businessNumber: Type.String({ description: 'In E.164 format.' }),
    client: orNull(clientShape, 'The client. Never `null`, since a thread has two numbers.'),
    lastMessage: messageShape,
    unread: Type.Integer({ minimum: 0, description: 'The number of received messages that nobody has read.' })
  },
  {
    $id: 'Thread',
    description: 'The messages between a business number and a client, without the removed ones.'
  }
)

export type ThreadShape = Static<typeof threadShape>

interface Row extends MessageRow {
  unread: number
}

const { contribution: _, ...last } = getTableColumns(smsLogs)
const other = alias(smsLogs, 'other')

/**
 * A thread is represented by the last of its messages that the viewer may see. With this condition a page reads only
 * its own messages and newer ones; with `group by` it would read all messages.
 */
export const threads: Resource<typeof parameters, Row, ThreadShape> = {
  noun: 'thread',
  parameters,
  item: threadShape,
  account: last.account,
  id: last.threadId,
  idType: 'uuid',
  sortColumns: [
    [last.sentAt, 'timestamptz'],
    [last.account, 'text'],
    [last.messageId, 'text']
  ],
  keysetOf: row => [row.sentAt.toISOString(), row.account, row.messageId],
  visible: ({ viewer }) =>
    and(
      visibleMessages(viewer, last),
      isNotNull(last.threadId),
      isNull(last.removedAt),
      sql`not exists (
        select from ${smsLogs} "other"
        where ${other.threadId} = ${last.threadId}
          and (${other.sentAt}, ${other.messageId}) > (${last.sentAt}, ${last.messageId})
          and ${and(isNull(other.removedAt), visibleMessages(viewer, other))}
      )`
    ),
  where: (query, context) => {
    const search = parseSearch(query.q, context)
    return [
      isWithin(last.sentAt, query, context),
      isOneOf(last.account, query.account),
      isOneOf(last.businessNumber, normalizeParties(query.businessNumber, context)),
      isOneOf(last.clientNumber, normalizeParties(query.client, context)),
      query.unread === undefined
        ? undefined
        : query.unread
          ? hasMessage(context.viewer, isUnread(other))
          : sql`not ${hasMessage(context.viewer, isUnread(other))}`,
      search ? hasMessage(context.viewer, textMatches(textOfMessage(other), search)) : undefined
    ]
  },
  select: (db, { where, order, limit }, { viewer }) =>
    db
      .select({ ...last, unread: unreadCount(viewer) })
      .from(smsLogs)
      .where(where)
      .orderBy(...(order ? [order] : []))
      .limit(limit),
  toItems: rows => rows.map(toThread)
}

/** GET /v1/threads and /v1/threads/:id. */
export default resourceRoutes(
  {
    url: '/v1/threads',
    tag: 'messages',
    operationIds: ['listThreads', 'getThread'],
    summary: 'List threads, those with the newest message first',
    sorts: ['-at', 'at']
  },
  threads
)

/** Returns the condition that some visible message of the thread meets `condition`. */
function hasMessage(viewer: Viewer, condition: SQL | undefined): SQL {
  const matches = and(isNotNull(other.threadId), isNull(other.removedAt), condition, visibleMessages(viewer, other))
  return sql`${last.threadId} in (select ${other.threadId} from ${smsLogs} "other" where ${matches})`
}

function unreadCount(viewer: Viewer): SQL<number> {
  return sql<number>`(
    select count(*)::int from ${smsLogs} "other"
    where ${other.threadId} = ${smsLogs}."thread_id" and ${and(isUnread(other), visibleMessages(viewer, other))}
  )`
}

function toThread(row: Row): ThreadShape {
  const { account, threadId, businessNumber } = row
  if (threadId === null || businessNumber === null) throw new Error('a thread has an id and a business number')
  return {
    account,
    id: threadId,
    businessNumber,
    client: toClient(row),
    lastMessage: toMessage(row),
    unread: row.unread
  }
}
