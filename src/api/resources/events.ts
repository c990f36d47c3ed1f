import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { PgColumn } from 'drizzle-orm/pg-core'
import Type, { type Static } from 'typebox'
import { ofAccount } from '../../access/row-visibility.js'
import { viewerOf } from '../../access/viewer.js'
import { events as table } from '../../db/schema/events.js'
import { errors } from '../../http/error-schema.js'
import { readable } from '../admin/find-dead-letters.js'
import { defineRoutes } from '../define-routes.js'
import { accountParameter, accountsParameter, listOf, listParameters, nameParameter } from '../list/parameters.js'
import { isOneOf, isWithin, type QueryOptions, queryContextOf } from '../list/query-context.js'
import { findRow, type Resource, type RowSelection } from '../list/resource.js'
import { serveList } from '../list/resource-routes.js'

const EVENT_KINDS = [
  'call',
  'request',
  'voicemail',
  'message',
  'presence',
  'number',
  'extension',
  'contact',
  'range',
  'unclassified'
] as const

const eventShape = Type.Object(
  {
    account: Type.String(),
    kind: Type.Enum([...EVENT_KINDS], { description: 'The kind of entity that the event is about.' }),
    entity: Type.String({ description: 'The id of the entity, such as a call or a voicemail.' }),
    id: Type.String({ format: 'uuid' }),
    type: Type.String(),
    source: Type.Enum(['webhook', 'rest', 'action'], { description: 'How this service learned of it.' }),
    occurredAt: Type.String({ format: 'date-time', description: 'When it happened, by the clock of MightyCall.' }),
    receivedAt: Type.String({ format: 'date-time', description: 'When this service received it.' }),
    fields: Type.Object(
      {},
      { additionalProperties: true, description: 'The normalized fields, as described in docs/schemas.' }
    )
  },
  { $id: 'Event', description: 'An event, without the data that it was derived from.' }
)

const wholeEventShape = Type.Object(
  {
    ...eventShape.properties,
    encoding: Type.Union([Type.Enum(['json', 'text', 'base64']), Type.Null()], {
      description: 'How `raw` is encoded.'
    }),
    raw: Type.Unknown({ description: 'What MightyCall sent, without the API key.' })
  },
  { $id: 'EventDetails', description: 'An event, with the data that MightyCall sent.' }
)

type EventShape = Static<typeof eventShape>
type WholeEventShape = Static<typeof wholeEventShape>

const { raw, rawIsJson: _, ...columns } = getTableColumns(table)
const eventColumns = columns
const wholeEventColumns = { ...columns, raw }

type EventRow = Omit<typeof table.$inferSelect, 'raw' | 'rawIsJson'>

/** The casts are safe, since only project/batch/store-events.ts writes the table. */
function toEvent({ account, kind, entity, id, type, source, occurredAt, receivedAt, fields }: EventRow): EventShape {
  return {
    account,
    kind: kind as EventShape['kind'],
    entity,
    id,
    type,
    source: source as EventShape['source'],
    occurredAt: occurredAt.toISOString(),
    receivedAt: receivedAt.toISOString(),
    fields: fields as EventShape['fields']
  }
}

function toWholeEvent({ raw, ...row }: EventRow & { raw: Buffer }): WholeEventShape {
  const { encoding, value } = readable(raw)
  return { ...toEvent(row), encoding, raw: value }
}

const parameters = Type.Object({
  since: listParameters.since,
  until: listParameters.until,
  account: accountsParameter,
  kind: listOf(Type.Enum([...EVENT_KINDS]), 'Kinds of entities.'),
  entity: listOf(nameParameter, 'Ids of entities, such as calls or voicemails.')
})

const oneQuery = Type.Object(
  {
    account: Type.Optional(accountParameter),
    kind: Type.Enum([...EVENT_KINDS], {
      description: 'The kind of the entity, as the list shows it. It is needed because no index has the id alone.'
    }),
    entity: nameParameter
  },
  { additionalProperties: false }
)

const events: Resource<typeof parameters, EventRow, EventShape> = {
  noun: 'event',
  parameters,
  item: eventShape,
  account: table.account,
  id: table.id,
  idType: 'uuid',
  sortColumns: [
    [table.receivedAt, 'timestamptz'],
    [table.account, 'text'],
    [table.id, 'uuid']
  ],
  keysetOf: row => [row.receivedAt.toISOString(), row.account, row.id],
  visible: ({ viewer }) => ofAccount(viewer, table.account),
  where: (query, context) => [
    isWithin(table.receivedAt, query, context),
    isOneOf(table.account, query.account),
    // The index of entities has the kind before the entity, so that a condition on the kind is always given.
    isOneOf(table.kind, query.kind ?? (query.entity ? EVENT_KINDS : undefined)),
    isOneOf(table.entity, query.entity?.filter(isText))
  ],
  select: (db, selection) => selectColumns<EventRow>(db, eventColumns, selection),
  toItems: rows => rows.map(toEvent)
}

const wholeEvents: Resource<typeof parameters, EventRow & { raw: Buffer }, WholeEventShape> = {
  ...events,
  item: wholeEventShape,
  select: (db, selection) => selectColumns<EventRow & { raw: Buffer }>(db, wholeEventColumns, selection),
  toItems: rows => rows.map(toWholeEvent)
}

/** GET /v1/events and /v1/events/:id. */
export default defineRoutes<QueryOptions>('events', async (app, options) => {
  serveList(
    app,
    options,
    {
      url: '/v1/events',
      tag: 'events',
      operationId: 'listEvents',
      summary: 'List events, last received first',
      sorts: ['-receivedAt', 'receivedAt']
    },
    events
  )

  app.get(
    '/v1/events/:id',
    {
      schema: {
        tags: ['events'],
        operationId: 'getEvent',
        summary: 'Get an event, with the data that MightyCall sent',
        params: Type.Object({ id: Type.String({ maxLength: 100, description: 'The id of the event.' }) }),
        querystring: oneQuery,
        response: { 200: wholeEventShape, ...errors(400, 401, 404, 409) }
      }
    },
    async request => {
      const { account, kind, entity } = request.query
      const context = queryContextOf(viewerOf(request), account, options)
      const isOfEntity = and(
        ofAccount(context.viewer, table.account),
        eq(table.kind, kind),
        isText(entity) ? eq(table.entity, entity) : sql`false`
      )
      const row = await findRow(
        { ...wholeEvents, visible: () => isOfEntity },
        { id: request.params.id, account },
        { db: options.db, context }
      )
      return toWholeEvent(row)
    }
  )
})

/** Wraps each column in `sql`, since drizzle rejects columns of a table that is not in its `from` clause. */
async function selectColumns<Row>(
  db: NodePgDatabase,
  columns: Record<string, PgColumn>,
  selection: RowSelection
): Promise<Row[]> {
  const selected = Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, sql`${column}`.mapWith(column)])
  )
  return (await db
    .select(selected)
    .from(fromEachAccount(selection))
    .orderBy(...(selection.order ? [selection.order] : []))
    .limit(selection.limit)) as Row[] // the columns keep their types, which drizzle does not infer here
}

/**
 * Reads the events of each account separately, since every index of events begins with the account. A loose index scan
 * finds the accounts, with one index probe for each.
 */
function fromEachAccount({ where, order, limit }: RowSelection): SQL {
  return sql`(
      with recursive known as (
        (select account from entities order by account limit 1)
        union all
        select n.account from known k, lateral (
          select account from entities where account > k.account order by account limit 1
        ) n
      )
      select account as own from known
    ) known
    cross join lateral (
      select * from ${table}
      where ${and(sql`${table.account} = known.own`, where)}
      ${order ? sql`order by ${order}` : sql``}
      limit ${limit}
    ) as ${table}`
}

/** Returns false for strings with U+0000, which Postgres cannot store as text. */
function isText(value: string): boolean {
  return !value.includes('\u0000')
}
