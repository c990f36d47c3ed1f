import type { LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { encodeEvent } from '../../../src/events/record.js'
import { simulateCompany } from '../../../src/simulator/company.js'
import { ACCOUNT } from '../../reconcile/support/recording-reader.js'
import { COMPANY_START, eventsOf, projectorOf } from '../company.js'
import { FOREIGN_RECORD, insertUndecodableLetters } from '../dead-letters.js'
import { BUSINESS_NUMBER, CLIENT_NUMBER } from '../documented-notifications.js'
import { MOVED_NUMBER, setUpOrganizations, stringsIn } from '../organizations.js'
import type { Operation } from './operations.js'
import type { FuzzedRequest, KnownValues } from './requests.js'

/** A zone in which local days start on the previous UTC day. */
const ZONE = 'Pacific/Auckland'

/** Values that can be used as filters: not keys, and not too long. */
const USABLE_VALUE = /^(?!mcs_).{1,100}$/s

export interface FuzzTarget {
  known: KnownValues
  send: (operation: Operation, request: FuzzedRequest) => Promise<LightMyRequestResponse>
}

/** Sets up an account with two organizations, a small company, and callers with every kind of credential. */
export async function setUpFuzzing(t: Test, operations: readonly Operation[]): Promise<FuzzTarget> {
  const apis = await setUpOrganizations(t, { wake: () => {}, zonesOf: () => [ZONE], syncable: () => [ACCOUNT] })
  const { app, pool, get, post, remove, keys, adminKey } = apis
  const events = eventsOf(simulateCompany({ seed: 7, startAt: COMPANY_START, calls: 30 }))
  await projectorOf(pool, { partition: 1 })(events)
  await insertUndecodableLetters(pool, events.slice(0, 5).map(encodeEvent), 100_000)
  await insertUndecodableLetters(
    pool,
    Array.from({ length: 5 }, () => FOREIGN_RECORD),
    200_000
  )
  const createKey = async (scope: object) =>
    (await post('/v1/keys', { label: 'fuzz', account: 'default', ...scope })).json<{ key: string }>().key
  const [viewer, org_admin] = keys.a
  const bearers: Record<string, string | undefined> = {
    'a platform admin': adminKey,
    'the admin of an account': await createKey({ role: 'platform_admin' }),
    'a viewer of an account': await createKey({ role: 'viewer' }),
    'a viewer of A': viewer,
    'an admin of A': org_admin,
    'no key': undefined,
    'a wrong key': `mcs_${'x'.repeat(43)}`
  }
  // the fuzzer must not revoke the keys that it uses
  const usedKeys = new Set((await pool.query<{ id: string }>('select id from api_keys')).rows.map(({ id }) => id))
  for (let i = 0; i < 3; i++) await createKey({ role: 'viewer' })
  const { backfill } = (await post('/v1/backfills', { since: '2026-11-01', until: '2026-11-02' })).json<{
    backfill: { id: string }
  }>()
  await remove(`/v1/backfills/${backfill.id}`)
  const values = new Set(['default', adminKey, ZONE, BUSINESS_NUMBER, CLIENT_NUMBER, '+15550100001', MOVED_NUMBER])
  const cursors: Record<string, string[]> = {}
  const ids: Record<string, string[]> = {}
  for (const { path, inQuery, lineOf } of operations.filter(
    ({ method, path }) => method === 'GET' && !path.includes('{') && path !== '/v1/live'
  )) {
    const paged = lineOf(null) !== undefined && inQuery.some(({ name }) => name === 'cursor')
    const { nextCursor } = (await get(paged ? `${path}?limit=1` : path)).json<{ nextCursor?: string }>()
    if (nextCursor) cursors[path] = [nextCursor]
    const { data = [] } = (await get(paged ? `${path}?limit=20` : path)).json<{ data?: object[] }>()
    const items = data.filter(item => !('id' in item && usedKeys.has(String(item.id))))
    ids[path] = items.flatMap(item =>
      'id' in item
        ? [String(item.id)]
        : 'number' in item
          ? [String(item.number)]
          : 'extension' in item
            ? [String(item.extension)]
            : []
    )
    for (const value of stringsIn(items)) if (USABLE_VALUE.test(value) && !usedKeys.has(value)) values.add(value)
  }
  let requests = 0 // each request comes from another address, because failed authentications are limited per address
  return {
    known: { viewers: Object.keys(bearers), values: [...values], ids, cursors },
    send: ({ method }, { caller, url, payload, contentType }) =>
      app.inject({
        method,
        url,
        remoteAddress: `10.${requests >> 16}.${(requests >> 8) & 255}.${requests++ & 255}`,
        headers: {
          ...(bearers[caller] !== undefined && { authorization: `Bearer ${bearers[caller]}` }),
          ...(contentType !== undefined && { 'content-type': contentType })
        },
        ...(payload !== undefined && { payload })
      })
  }
}
