import type { LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { encodeEvent } from '../../../src/events/record.js'
import { simulateCompany } from '../../../src/simulator/company.js'
import { ACCOUNT } from '../../reconcile/support/recording-reader.js'
import { COMPANY_START, eventsOf, projectorOf } from '../company.js'
import { BUSINESS, CLIENT } from '../documented.js'
import { FOREIGN, leaveLetters } from '../letters.js'
import { MOVED, stringsIn, twoOrganizations } from '../two-organizations.js'
import type { Operation } from './operations.js'
import type { FuzzedRequest, Known } from './requests.js'

/** Its days begin on another day of UTC. */
const ZONE = 'Pacific/Auckland'

const SHOWN = /^(?!mcs_).{1,100}$/s

export interface World {
  known: Known
  send: (operation: Operation, request: FuzzedRequest) => Promise<LightMyRequestResponse>
}

/** An account with two organizations and a small company in it, and all who may ask of it. */
export async function fuzzedWorld(t: Test, operations: readonly Operation[]): Promise<World> {
  const apis = await twoOrganizations(t, { wake: () => {}, zonesOf: () => [ZONE], syncable: () => [ACCOUNT] })
  const { app, pool, get, post, remove, keys, adminKey } = apis
  const events = eventsOf(simulateCompany({ seed: 7, startAt: COMPANY_START, calls: 30 }))
  await projectorOf(pool, { partition: 1 })(events)
  await leaveLetters(pool, events.slice(0, 5).map(encodeEvent), 100_000)
  await leaveLetters(
    pool,
    Array.from({ length: 5 }, () => FOREIGN),
    200_000
  )
  const make = async (scope: object) =>
    (await post('/v1/keys', { label: 'fuzz', account: 'default', ...scope })).json<{ key: string }>().key
  const [viewer, org_admin] = keys.a
  const bearers: Record<string, string | undefined> = {
    'a platform admin': adminKey,
    'the admin of an account': await make({ role: 'platform_admin' }),
    'a viewer of an account': await make({ role: 'viewer' }),
    'a viewer of A': viewer,
    "A's own admin": org_admin,
    nobody: undefined,
    'a wrong key': `mcs_${'x'.repeat(43)}`
  }
  // whoever revokes one of these ends the fuzz
  const ours = new Set((await pool.query<{ id: string }>('select id from api_keys')).rows.map(({ id }) => id))
  for (let i = 0; i < 3; i++) await make({ role: 'viewer' })
  const { backfill } = (await post('/v1/backfills', { since: '2026-11-01', until: '2026-11-02' })).json<{
    backfill: { id: string }
  }>()
  await remove(`/v1/backfills/${backfill.id}`)
  const values = new Set(['default', adminKey, ZONE, BUSINESS, CLIENT, '+15550100001', MOVED])
  const cursors: Record<string, string[]> = {}
  const ids: Record<string, string[]> = {}
  for (const { path, inQuery, line } of operations.filter(
    ({ method, path }) => method === 'GET' && !path.includes('{') && path !== '/v1/live'
  )) {
    const paged = line !== null && inQuery.some(({ name }) => name === 'cursor')
    const { nextCursor } = (await get(paged ? `${path}?limit=1` : path)).json<{ nextCursor?: string }>()
    if (nextCursor) cursors[path] = [nextCursor]
    const { data = [] } = (await get(paged ? `${path}?limit=20` : path)).json<{ data?: object[] }>()
    const shown = data.filter(item => !('id' in item && ours.has(String(item.id))))
    ids[path] = shown.flatMap(item =>
      'id' in item
        ? [String(item.id)]
        : 'number' in item
          ? [String(item.number)]
          : 'extension' in item
            ? [String(item.extension)]
            : []
    )
    for (const value of stringsIn(shown)) if (SHOWN.test(value) && !ours.has(value)) values.add(value)
  }
  let asked = 0 // each from an address of its own: wrong keys are counted by it
  return {
    known: { viewers: Object.keys(bearers), values: [...values], ids, cursors },
    send: ({ method }, { who, url, payload, contentType }) =>
      app.inject({
        method,
        url,
        remoteAddress: `10.${asked >> 16}.${(asked >> 8) & 255}.${asked++ & 255}`,
        headers: {
          ...(bearers[who] !== undefined && { authorization: `Bearer ${bearers[who]}` }),
          ...(contentType !== undefined && { 'content-type': contentType })
        },
        ...(payload !== undefined && { payload })
      })
  }
}
