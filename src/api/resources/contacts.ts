import { getTableColumns, isNull, sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import { visibleContacts } from '../../access/row-visibility.js'
import { searchText } from '../../db/schema/columns.js'
import { contacts as table } from '../../db/schema/directory.js'
import { orNull } from '../../events/envelope.js'
import { toIsoOrNull } from '../../lib/instant.js'
import { instant } from '../calls/schema.js'
import { accountsParameter, listOf, nameParameter } from '../list/parameters.js'
import { isOneOf, normalizeParties } from '../list/query-context.js'
import type { Resource } from '../list/resource.js'
import { resourceRoutes } from '../list/resource-routes.js'
import { parseSearch, searchParameter, textMatches } from '../list/search.js'

const parameters = Type.Object({
  account: accountsParameter,
  client: listOf(nameParameter, 'Phone numbers of contacts, in any format.'),
  removed: Type.Boolean({ default: false, description: 'Whether removed ones are included.' }),
  q: searchParameter('the name or the numbers')
})

const contactShape = Type.Object(
  {
    account: Type.String(),
    id: Type.String({ description: 'The id of the contact at MightyCall.' }),
    name: orNull(Type.String(), '`null` when there is none.'),
    channels: Type.Array(
      Type.Object({
        id: Type.String(),
        kind: Type.Enum(['phone', 'email']),
        value: Type.String({ description: 'The address. A phone number is in E.164 format.' }),
        labels: Type.Array(Type.String())
      })
    ),
    phones: Type.Array(Type.String(), { description: 'The distinct phone numbers of the channels, in E.164 format.' }),
    tags: Type.Array(Type.String()),
    removedAt: orNull(instant, '`null` unless it was removed.'),
    updatedAt: Type.String({ format: 'date-time', description: 'When a change of the contact was last seen.' })
  },
  { $id: 'Contact', description: 'A contact of the address book.' }
)

type ContactShape = Static<typeof contactShape>
type Row = typeof table.$inferSelect

const columns = getTableColumns(table)
const name = sql`coalesce(name, '')` // the expression of the index

const contacts: Resource<typeof parameters, Row, ContactShape> = {
  noun: 'contact',
  parameters,
  item: contactShape,
  account: columns.account,
  id: columns.contactId,
  idType: 'text',
  sortColumns: [
    [name, 'text'],
    [columns.account, 'text'],
    [columns.contactId, 'text']
  ],
  keysetOf: row => [row.name ?? '', row.account, row.contactId],
  visible: ({ viewer }) => visibleContacts(viewer, columns),
  where: (query, context) => [
    isOneOf(columns.account, query.account),
    query.client &&
      sql`${columns.phones} ?| ${sql.param([...(normalizeParties(query.client, context) ?? [])])}::text[]`,
    query.removed ? undefined : isNull(columns.removedAt),
    textMatches(searchText(columns.name, sql`${columns.phones}::text`), parseSearch(query.q, context))
  ],
  select: (db, { where, order, limit }) =>
    db
      .select()
      .from(table)
      .where(where)
      .orderBy(...(order ? [order] : []))
      .limit(limit),
  toItems: rows => rows.map(toContact)
}

/** GET /v1/contacts and /v1/contacts/:id. */
export default resourceRoutes(
  {
    url: '/v1/contacts',
    tag: 'directory',
    operationIds: ['listContacts', 'getContact'],
    summary: 'List contacts by name, those without a name first',
    sorts: ['name', '-name']
  },
  contacts
)

/** The casts are safe, since only project/models/contacts.ts writes the table. */
function toContact(row: Row): ContactShape {
  return {
    account: row.account,
    id: row.contactId,
    name: row.name,
    channels: row.channels as ContactShape['channels'],
    phones: row.phones as string[],
    tags: row.tags as string[],
    removedAt: toIsoOrNull(row.removedAt),
    updatedAt: row.updatedAt.toISOString()
  }
}
