import { bigint, jsonb, numeric, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import t from 'tap'
import {
  type BulkRow,
  bulkValues,
  columnList,
  columnsExcept,
  columnsOf,
  parameter,
  primaryKeyOf,
  selectList,
  unnestSql,
  upsertSql
} from '../../src/db/bulk-sql.js'
import { at } from '../../src/db/schema/columns.js'
import { freshDatabase } from '../support/database.js'

const things = pgTable(
  'things',
  {
    account: text('account').notNull(),
    thingId: text('thing_id').notNull(),
    firstSeenAt: at('first_seen_at'),
    size: numeric('size', { precision: 10, scale: 2 }),
    count: bigint('count', { mode: 'bigint' }),
    labels: jsonb('labels')
  },
  t => [primaryKey({ columns: [t.account, t.thingId] })]
)
const thing: BulkRow<typeof things> = {
  account: 'a',
  thingId: '1',
  firstSeenAt: null,
  size: null,
  count: null,
  labels: null
}

t.test('columns have the names and types of the schema, without precision', async t => {
  t.equal(
    unnestSql(columnsOf(things), 3),
    'unnest($3::text[], $4::text[], $5::timestamp with time zone[], $6::numeric[], $7::bigint[], $8::jsonb[])' +
      ' as u (account, thing_id, first_seen_at, size, count, labels)'
  )
  t.equal(columnList(columnsOf(things, 'thingId', 'account')), 'account, thing_id', 'in the order of the schema')
  t.equal(columnList(columnsExcept(things, 'size', 'count', 'labels')), 'account, thing_id, first_seen_at')
  t.equal(columnList([...columnsOf(things, 'account'), parameter('position', 'integer')]), 'account, position')
  t.strictSame(primaryKeyOf(things), ['account', 'thing_id'])
})

t.test('values are passed as one array for each column, as pg takes them', async t => {
  const rows = [
    { ...thing, firstSeenAt: 0, count: 2n ** 60n, labels: ['x'] },
    { ...thing, firstSeenAt: new Date(1), count: 1n, labels: null },
    { ...thing, firstSeenAt: '1970-01-01T00:00:00.002Z', count: null, labels: {} }
  ]
  t.strictSame(bulkValues(columnsOf(things, 'firstSeenAt', 'count', 'labels'), rows), [
    ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.001Z', '1970-01-01T00:00:00.002Z'],
    [2n ** 60n, 1n, null],
    ['["x"]', null, '{}']
  ])
})

t.test('an upsert inserts and updates many rows, and does not rewrite rows that would not change', async t => {
  const { pool } = await freshDatabase(t)
  await pool.query(`create table things (account text, thing_id text, first_seen_at timestamptz(3), size numeric(10, 2),
    count bigint, labels jsonb, primary key (account, thing_id))`)
  const text = upsertSql(things, { keepLeast: ['first_seen_at'] })
  const upsert = (rows: BulkRow<typeof things>[]) => pool.query(text, bulkValues(columnsOf(things), rows))
  const first = { ...thing, firstSeenAt: 5_000, size: '1.5', count: 2n ** 60n, labels: { a: [null, '"'] } }
  t.equal((await upsert([first, { ...thing, thingId: '2' }])).rowCount, 2)
  t.equal((await upsert([first, { ...thing, thingId: '2', labels: [] }])).rowCount, 1)
  t.equal((await upsert([{ ...first, firstSeenAt: 4_000, size: '2' }])).rowCount, 1)
  t.equal((await upsert([{ ...first, firstSeenAt: 9_000, size: '3' }])).rowCount, 1)
  const { rows } = await pool.query(`select ${selectList(things, 't')} from things t order by thing_id`)
  t.strictSame(rows, [
    {
      account: 'a',
      thingId: '1',
      firstSeenAt: new Date(4_000),
      size: '3.00',
      count: String(2n ** 60n),
      labels: { a: [null, '"'] }
    },
    { account: 'a', thingId: '2', firstSeenAt: null, size: null, count: null, labels: [] }
  ])
})
