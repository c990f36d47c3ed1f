import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import t, { type Test } from 'tap'
import type { FoldedRow } from '../../../src/db/bulk-sql.js'
import { modelTable, type ReadModel } from '../../../src/project/models/read-model.js'
import { foldVersionOf, READ_MODELS } from '../../../src/project/models/read-models.js'
import { rebuild } from '../../../src/project/rebuild/rebuild.js'
import { refoldFailed, refoldOutdated } from '../../../src/project/refold/chunk.js'
import { history } from '../../support/history.js'
import { ANSWERED, NOW, projector } from '../../support/projection.js'
import { SETTINGS } from '../../support/settings.js'

const callSizes = pgTable(
  'call_sizes',
  { account: text('account').notNull(), callId: text('call_id').notNull(), events: integer('events').notNull() },
  t => [primaryKey({ columns: [t.account, t.callId] })]
)
type SizeRow = FoldedRow<typeof callSizes>

/** A second model of calls, which counts the events of each. */
const sizes: ReadModel<'call', SizeRow> = {
  kind: 'call',
  foldVersion: 1,
  fold: ({ entity: { account, entity }, events }) => ({ account, callId: entity, events: events.length }),
  tables: [modelTable({ table: callSizes, entity: 'callId', rowsOf: (row: SizeRow) => [row] })]
}

/** A database with a table for the second model, which `addModel` adds to the list of read models. */
async function prepare(t: Test) {
  const projection = await projector(t)
  const { pool } = projection
  await pool.query('create table call_sizes (account text, call_id text, events int, primary key (account, call_id))')
  const original = { ...sizes }
  const models = READ_MODELS as ReadModel[] // the test adds a model while it runs
  const addModel = () => {
    models.push(sizes)
    t.teardown(() => {
      models.splice(models.indexOf(sizes), 1)
      Object.assign(sizes, original)
    })
  }
  const rowsOf = async (table: string) => (await pool.query(`select * from ${table} order by 1, 2`)).rows
  const chunk = { pool, settings: SETTINGS, after: null, size: 100 }
  return { ...projection, addModel, rowsOf, chunk }
}

t.test('two models of one kind both write their rows from the same events', async t => {
  const { project, addModel, rowsOf } = await prepare(t)
  addModel()
  await project([...history(ANSWERED, { id: 'a' }), ...history('IncomingCall', { id: 'b' })])
  t.match(await rowsOf('call_history'), [
    { call_id: 'a', webhook_events: 4 },
    { call_id: 'b', webhook_events: 1 }
  ])
  t.match(await rowsOf('call_sizes'), [
    { call_id: 'a', events: 4 },
    { call_id: 'b', events: 1 }
  ])
})

t.test('adding a model, or raising the version of one, folds the entities of the kind again', async t => {
  const { project, addModel, rowsOf, chunk } = await prepare(t)
  await project(history(ANSWERED, { id: 'a' }))
  const before = foldVersionOf('call')
  t.match(await rowsOf('entities'), [{ entity: 'a', fold_version: before }])
  t.equal((await refoldOutdated(chunk)).entities, 0)

  addModel()
  t.equal(foldVersionOf('call'), before + 1, 'the version of a kind is the sum of the versions of its models')
  t.match(await refoldOutdated(chunk), { entities: 1, failures: [] })
  t.match(await rowsOf('call_sizes'), [{ call_id: 'a', events: 4 }])
  t.match(await rowsOf('entities'), [{ entity: 'a', fold_version: before + 1 }])
  t.equal((await refoldOutdated(chunk)).entities, 0)

  sizes.foldVersion = 2
  sizes.fold = ({ entity: { account, entity } }) => ({ account, callId: entity, events: -1 })
  t.match(await refoldOutdated(chunk), { entities: 1, failures: [] })
  t.match(await rowsOf('call_sizes'), [{ call_id: 'a', events: -1 }])
  t.match(await rowsOf('entities'), [{ entity: 'a', fold_version: before + 2 }])
})

t.test('a model that fails keeps its old row and marks the entity once, and the other model goes on', async t => {
  const { project, addModel, rowsOf, chunk } = await prepare(t)
  addModel()
  const { fold } = sizes
  await project(history('IncomingCall', { id: 'a' }))
  sizes.fold = () => {
    throw new Error('a bug of this model')
  }
  const projected = await project(history(ANSWERED, { id: 'a' }), 1)
  t.match(projected.failures, [{ entity: { entity: 'a' }, failed: 'fold' }])
  t.equal(projected.failures.length, 1)
  t.match(await rowsOf('call_history'), [{ call_id: 'a', state: 'ended' }])
  t.match(await rowsOf('call_sizes'), [{ call_id: 'a', events: 1 }], 'the old row is kept')
  t.match(await rowsOf('entities'), [{ failed: 'fold' }], 'the success of the other model does not clear the mark')

  sizes.fold = fold
  t.match(await refoldFailed(chunk), { entities: 1, failures: [] })
  t.match(await rowsOf('call_sizes'), [{ call_id: 'a', events: 4 }])
  t.match(await rowsOf('entities'), [{ failed: null }])
})

t.test('a rebuild compares and repairs the rows of every model of a kind', async t => {
  const { pool, project, addModel, rowsOf } = await prepare(t)
  addModel()
  await project(history(ANSWERED, { id: 'a' }))
  await pool.query('update call_sizes set events = 0')
  await pool.query("insert into call_sizes values ('default', 'nothing', 7)")
  const differences: unknown[] = []
  const options = { pool, settings: SETTINGS, now: () => NOW, dryRun: false }
  await rebuild({ ...options, onDifference: difference => differences.push(difference) })
  t.match(differences, [
    { table: 'call_sizes', entity: 'a', fields: ['events'] },
    { table: 'call_sizes', entity: 'nothing', fields: ['extra'] }
  ])
  t.match(await rowsOf('call_sizes'), [{ call_id: 'a', events: 4 }])
  t.equal((await rebuild(options)).differences, 0)
})

t.test('fold versions are positive integers', async t => {
  for (const { kind, foldVersion } of READ_MODELS) t.ok(Number.isInteger(foldVersion) && foldVersion >= 1, kind)
})
