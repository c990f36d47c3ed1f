import { and, getTableColumns, sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import { visibleNumbers } from '../../access/row-visibility.js'
import { searchText } from '../../db/schema/columns.js'
import { phoneNumbers } from '../../db/schema/directory.js'
import { orNull } from '../../events/envelope.js'
import { accountsParameter, listOf, nameParameter } from '../list/parameters.js'
import { isOneOf, normalizeParties } from '../list/query-context.js'
import type { Resource } from '../list/resource.js'
import { resourceRoutes } from '../list/resource-routes.js'
import { parseSearch, searchParameter, textMatches } from '../list/search.js'

const parameters = Type.Object({
  account: accountsParameter,
  businessNumber: listOf(nameParameter, 'Business numbers, in any format.'),
  active: Type.Optional(Type.Boolean({ description: 'Whether MightyCall lists the number as enabled.' })),
  smsEnabled: Type.Optional(Type.Boolean({ description: 'Whether the number is known to support messages.' })),
  q: searchParameter('the number or the label')
})

const numberShape = Type.Object(
  {
    account: Type.String(),
    id: Type.String({ format: 'uuid' }),
    number: Type.String({ description: 'In E.164 format.' }),
    label: orNull(Type.String(), '`null` when there is none.'),
    smsEnabled: orNull(Type.Boolean(), '`null` when unknown.'),
    active: Type.Boolean({ description: 'Whether MightyCall lists the number as enabled.' }),
    organization: orNull(
      Type.Object({ id: Type.String({ format: 'uuid' }), name: Type.String() }),
      'The organization that owns the number now. `null` when no organization does.'
    )
  },
  { $id: 'Number', description: 'A business number that MightyCall lists or has listed.' }
)

type NumberShape = Static<typeof numberShape>

const { externalId: _, createdAt: __, ...columns } = getTableColumns(phoneNumbers)
type Row = Pick<typeof phoneNumbers.$inferSelect, keyof typeof columns> & Pick<NumberShape, 'organization'>

const numbers: Resource<typeof parameters, Row, NumberShape> = {
  noun: 'number',
  parameters,
  item: numberShape,
  account: columns.account,
  id: columns.id,
  idType: 'uuid',
  sortColumns: [
    [columns.number, 'text'],
    [columns.account, 'text']
  ],
  keysetOf: row => [row.number, row.account],
  visible: ({ viewer, now }) => visibleNumbers(viewer, columns, now),
  where: (query, context) => [
    isOneOf(columns.account, query.account),
    isOneOf(columns.number, normalizeParties(query.businessNumber, context)),
    query.active === undefined ? undefined : sql`${columns.isActive} = ${query.active}`,
    query.smsEnabled === undefined ? undefined : sql`coalesce(${columns.smsEnabled}, false) = ${query.smsEnabled}`,
    textMatches(searchText(columns.number, columns.label), parseSearch(query.q, context))
  ],
  select: (db, { where, order, limit }, { now }) => {
    const organization = sql<Row['organization']>`(
      select json_build_object('id', g.id, 'name', g.name)
      from number_ownerships o join organizations g on g.id = o.organization
      where o.account = ${phoneNumbers}."account" and o.number = ${phoneNumbers}."number"
        and o.owned_from <= ${now} and (o.owned_until is null or o.owned_until > ${now})
    )`
    return db
      .select({ ...columns, organization })
      .from(phoneNumbers)
      .where(and(where))
      .orderBy(...(order ? [order] : []))
      .limit(limit)
  },
  toItems: rows => rows.map(({ isActive: active, ...row }) => ({ ...row, active }))
}

/** GET /v1/numbers and /v1/numbers/:id. */
export default resourceRoutes(
  {
    url: '/v1/numbers',
    tag: 'directory',
    operationIds: ['listNumbers', 'getNumber'],
    summary: 'List business numbers. A key of an organization sees those that the organization owns now',
    sorts: ['number', '-number']
  },
  numbers
)
