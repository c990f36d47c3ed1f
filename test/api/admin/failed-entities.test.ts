import t from 'tap'
import { calls } from '../../../src/project/models/calls/calls.js'
import { refoldAllFailed } from '../../../src/project/refold/refold.js'
import { history } from '../../support/history.js'
import { ANSWERED, NOW, projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'
import { SETTINGS } from '../../support/settings.js'

const IDS = ['a', 'b', 'c']

t.test('entities that failed to fold are listed, and folded again once the fold works', async t => {
  const { pool, count, project } = await projector(t)
  const { get, post } = await queryApi(t, pool, () => NOW)
  const fold = calls.fold
  calls.fold = () => {
    throw new Error('a bug in the fold')
  }
  t.teardown(() => {
    calls.fold = fold
  })
  await project(IDS.flatMap(id => history(ANSWERED, { id })))

  const first = (await get('/v1/failed-entities?limit=2')).json()
  t.strictSame(first.data, [
    { account: 'default', kind: 'call', entity: 'a', failed: 'fold' },
    { account: 'default', kind: 'call', entity: 'b', failed: 'fold' }
  ])
  t.match((await get(`/v1/failed-entities?cursor=${first.nextCursor}`)).json(), {
    data: [{ entity: 'c' }],
    nextCursor: null
  })
  t.match((await post('/v1/failed-entities/refold')).json(), { entities: 3, failed: 3, nextCursor: null })
  calls.fold = fold
  t.match(await refoldAllFailed({ pool, settings: SETTINGS, dryRun: true }), {
    entities: 3,
    failures: [],
    finished: true
  })
  t.equal(await count('call_history'), 0, 'a dry run changes nothing')
  const page = (await post('/v1/failed-entities/refold?limit=2')).json()
  t.match(page, { entities: 2, failed: 0 })
  t.equal(await count("call_history where outcome = 'answered'"), 2)
  t.match(await refoldAllFailed({ pool, settings: SETTINGS, chunkSize: 1 }), { entities: 1, failures: [] })
  t.strictSame((await get('/v1/failed-entities')).json(), { data: [], nextCursor: null })
  t.equal(await count('call_history'), 3)
  t.equal((await get('/v1/failed-entities?cursor=abc')).statusCode, 400)
})
