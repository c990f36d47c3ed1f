import { and, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { ofAccount, visible, visibleExtensions } from '../access/visible.js'
import type { Viewer } from '../access/viewer.js'
import { callHistory } from '../db/schema/calls.js'
import { gaps } from '../db/schema/ledger.js'
import type { LiveKey, LiveReader, LiveReaders } from '../live/readers.js'
import { gapObject } from '../reconcile/ledger/store-gaps.js'
import { findAgents } from './agent-status.js'
import { toAgent } from './agents.js'
import { withLegs } from './calls.js'
import { toGap } from './completeness.js'
import { amongKeys, unnestKeys } from './live-keys.js'
import { messageReader } from './live-messages.js'
import { voicemailReader } from './live-voicemails.js'

/** Whole objects as the lists show them, for live views. */
export function createLiveReaders (db: NodePgDatabase, now: () => Date): LiveReaders {
  return { call: callReader(db, now), agent: agentReader(db, now), voicemail: voicemailReader(db), message: messageReader(db), gap: gapReader(db) }
}

function callReader (db: NodePgDatabase, now: () => Date): LiveReader {
  return async (viewer, keys) => {
    const { account, businessNumber, callId, startedAt: at } = callHistory
    const rows = await db.select().from(callHistory).where(and(amongKeys(keys, account, callId), visible(viewer, { account, businessNumber, at })))
    return (await withLegs(db, rows, now())).map(row => ({ account: row.account, object: row.id, row }))
  }
}

/** Of an agent who talks with several organizations each sees its own calls. */
function agentReader (db: NodePgDatabase, now: () => Date): LiveReader {
  return async (viewer, keys) => {
    const shown = viewer.organization === null ? keys : await visibleAgents(db, viewer, keys)
    if (shown.length === 0) return []
    const asked = new Set(shown.map(({ account, object }) => `${account}\n${object}`))
    const rows = await findAgents(db, {
      at: now(), isNow: true, place: null, statuses: undefined, limit: 100_000,
      accounts: [...new Set(shown.map(({ account }) => account))],
      extensions: [...new Set(shown.map(({ object }) => object))]
    })
    const agents = rows.filter(({ account, extension }) => asked.has(`${account}\n${extension}`)).map(toAgent)
    const calls = viewer.organization === null ? null : await visibleCalls(db, viewer, agents.flatMap(({ account, calls }) => calls.map(object => ({ account, object }))))
    return agents.map(agent => ({
      account: agent.account, object: agent.extension,
      row: calls ? { ...agent, calls: agent.calls.filter(id => calls.has(`${agent.account}\n${id}`)) } : agent
    }))
  }
}

async function visibleAgents (db: NodePgDatabase, viewer: Viewer, keys: readonly LiveKey[]): Promise<LiveKey[]> {
  const named = { account: sql`k.account`, extension: sql`k.extension` }
  const { rows } = await db.execute<{ account: string, object: string }>(sql`select k.account, k.extension as object
    from ${unnestKeys(keys)} as k (account, extension) where ${visibleExtensions(viewer, named) ?? sql`true`}`)
  return rows
}

async function visibleCalls (db: NodePgDatabase, viewer: Viewer, keys: readonly LiveKey[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set()
  const { account, businessNumber, callId, startedAt: at } = callHistory
  const rows = await db.select({ account, callId }).from(callHistory).where(and(amongKeys(keys, account, callId), visible(viewer, { account, businessNumber, at })))
  return new Set(rows.map(row => `${row.account}\n${row.callId}`))
}

function gapReader (db: NodePgDatabase): LiveReader {
  return async (viewer, keys) => {
    const { account, entity } = gaps
    const keyed = keys.map(key => ({ account: key.account, object: key.object.replace(/^\S+ /, '') }))
    const kinds = new Set(keys.map(gap => `${gap.account}\n${gap.object}`))
    const rows = await db.select().from(gaps).where(and(amongKeys(keyed, account, entity), ofAccount(viewer, account)))
    return rows.filter(row => kinds.has(`${row.account}\n${gapObject(row)}`)).map(({ entity: id, ...row }) => ({ account: row.account, object: gapObject({ kind: row.kind, entity: id }), row: toGap({ ...row, id }) }))
  }
}
