import { getTableColumns, isNull, sql } from 'drizzle-orm'
import fp from 'fastify-plugin'
import Type, { type Static } from 'typebox'
import { visibleContacts } from '../../access/row-visibility.js'
import { searchText } from '../../db/schema/columns.js'
import { contacts as table } from '../../db/schema/directory.js'
import { orNull } from '../../events/envelope.js'
import { instant, iso } from '../calls/schema.js'
import { anyOf } from '../list/parameters.js'
import { accountParameter, among, nameParameter, partiesOf, type ReadingOptions } from '../list/query-context.js'
import type { Resource } from '../list/resource.js'
import { serveResource } from '../list/resource-routes.js'
import { holds, readSearch, searchParameter } from '../list/search.js'

const parameters = Type.Object({
  account: anyOf(accountParameter, 'MightyCall accounts.'),
  client: anyOf(nameParameter, 'Their numbers, in any format.'),
  removed: Type.Boolean({ default: false, description: 'True: with those that were removed.' }),
  q: searchParameter('the name or the numbers')
})

const contactShape = Type.Object(
  {
    account: Type.String(),
    id: Type.String({ description: "MightyCall's id of the contact." }),
    name: orNull(Type.String(), 'Null: it has none.'),
    channels: Type.Array(
      Type.Object({
        id: Type.String(),
        kind: Type.Enum(['phone', 'email']),
        value: Type.String({ description: 'E.164 of a phone.' }),
        labels: Type.Array(Type.String())
      })
    ),
    phones: Type.Array(Type.String(), { description: 'Of the channels, E.164, each once.' }),
    tags: Type.Array(Type.String()),
    removedAt: orNull(instant, 'Null: it was not removed.'),
    updatedAt: Type.String({ format: 'date-time', description: 'When a change of it was last seen.' })
  },
  { title: 'contact', description: 'Of the address book.' }
)

type ContactShape = Static<typeof contactShape>
type Row = typeof table.$inferSelect

const columns = getTableColumns(table)
const name = sql`coalesce(name, '')` // as its index has it

const contacts: Resource<typeof parameters, Row, ContactShape> = {
  what: 'contact',
  parameters,
  item: contactShape,
  account: columns.account,
  id: columns.contactId,
  idType: 'text',
  columns: [
    [name, 'text'],
    [columns.account, 'text'],
    [columns.contactId, 'text']
  ],
  placeOf: row => [row.name ?? '', row.account, row.contactId],
  visible: ({ viewer }) => visibleContacts(viewer, columns),
  where: (query, asked) => [
    among(columns.account, query.account),
    query.client && sql`${columns.phones} ?| ${sql.param([...(partiesOf(query.client, asked) ?? [])])}::text[]`,
    query.removed ? undefined : isNull(columns.removedAt),
    holds(searchText(columns.name, sql`${columns.phones}::text`), readSearch(query.q, asked))
  ],
  find: (db, { where, order, limit }) =>
    db
      .select()
      .from(table)
      .where(where)
      .orderBy(...(order ? [order] : []))
      .limit(limit),
  show: rows => rows.map(toContact)
}

/** GET /v1/contacts and /v1/contacts/:id. */
export default fp<ReadingOptions>(
  async (app, options) => {
    serveResource(
      app,
      options,
      {
        list: '/v1/contacts',
        one: '/v1/contacts/:id',
        tag: 'directory',
        summary: 'Contacts by name; those without one come first',
        sorts: ['name', '-name']
      },
      contacts
    )
  },
  { name: 'contacts', fastify: '5.x', encapsulate: true }
)

/** Only project/models/contacts.ts writes the table. */
function toContact(row: Row): ContactShape {
  return {
    account: row.account,
    id: row.contactId,
    name: row.name,
    channels: row.channels as ContactShape['channels'],
    phones: row.phones as string[],
    tags: row.tags as string[],
    removedAt: iso(row.removedAt),
    updatedAt: row.updatedAt.toISOString()
  }
}
