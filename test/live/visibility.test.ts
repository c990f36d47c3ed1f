import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import t from 'tap'
import type { Viewer } from '../../src/access/viewer.js'
import { rebuildOrphans } from '../../src/project/rebuild/orphans.js'
import { BUSINESS_NUMBER } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { history, START } from '../support/history.js'
import { liveApi } from '../support/live.js'
import type { LiveClient } from '../support/live-client.js'

const [A, B] = [randomUUID(), randomUUID()]
const OTHER_NUMBER = '+12125550199'
const viewer = (organization: string): Viewer => ({
  actor: organization,
  role: 'viewer',
  account: 'default',
  organization
})
const addOwnership = (pool: pg.Pool, organization: string, number: string, from: number, until: number | null) =>
  pool.query(
    `insert into number_ownerships (account, number, owned_from, owned_until, organization)
     values ($1, $2, $3, $4, $5)`,
    ['default', number, new Date(from), until === null ? null : new Date(until), organization]
  )

const seen = ({ events }: LiveClient) =>
  events
    .map(({ event, data }) => `${event} ${data.object?.id ?? data.object?.extension ?? `deleted ${data.id}`}`)
    .sort()

t.test('an organization receives only its own calls, before and after a number has moved', async t => {
  const { pool, project, watch } = await liveApi(t, { viewers: { a: viewer(A), b: viewer(B) } })
  await addOwnership(pool, B, BUSINESS_NUMBER, START - 1_000_000, START + 5_000)
  await addOwnership(pool, A, BUSINESS_NUMBER, START + 5_000, null)
  await addOwnership(pool, B, OTHER_NUMBER, START - 1_000_000, null)
  const [a, b, admin] = [await watch('', { key: 'a' }), await watch('', { key: 'b' }), await watch('?kinds=call')]
  await project([
    ...history('IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallConnected(101)@2', { id: 'before' }),
    ...history('IncomingCall@10 > IncomingCallRinging(102)@11', { id: 'after' }),
    ...history('IncomingCall@20 > IncomingCallRinging(103)@21', { id: 'others', to: OTHER_NUMBER }),
    ...history('IncomingCall@30 > IncomingCallRinging(102)@31', { id: 'shared', to: OTHER_NUMBER })
  ])
  await eventually('all calls arrive', () => seen(admin).length === 4)
  await eventually('both clients have passed all changes', () =>
    [a, b].every(client => client.lastId() === admin.lastId() || Number(client.lastId()) > 6)
  )
  t.strictSame(seen(a), ['agent 102', 'call after'])
  t.strictSame(seen(b), ['agent 101', 'agent 102', 'agent 103', 'call before', 'call others', 'call shared'])
  for (const [client, hidden] of [
    [a, ['before', 'others', 'shared', OTHER_NUMBER]],
    [b, ['"after"']]
  ] as const) {
    for (const word of hidden) t.notOk(client.text().includes(word), `${word} is not delivered`)
  }

  await pool.query('delete from events')
  await pool.query('delete from entities')
  await rebuildOrphans(pool, { dryRun: false })
  await eventually('the deletions arrive', () => seen(admin).length === 8)
  await eventually('both clients have received a deletion', () =>
    [a, b].every(client => seen(client).some(one => one.startsWith('call deleted')))
  )
  t.strictSame(
    seen(a).filter(one => one.startsWith('call deleted')),
    ['call deleted after'],
    'only of its own calls'
  )
  t.notOk(a.text().includes('before'))
  t.notOk(b.text().includes('"after"'))
})
