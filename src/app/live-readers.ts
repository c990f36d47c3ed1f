import { and } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { TObject } from 'typebox'
import { ofAccount } from '../access/row-visibility.js'
import { toGap } from '../api/admin/completeness.js'
import { findAgentsByIds } from '../api/agents/routes.js'
import { calls } from '../api/calls/resource.js'
import { findByIds, hasKeyIn, type Resource } from '../api/list/resource.js'
import { messages } from '../api/resources/messages.js'
import { voicemails } from '../api/resources/voicemails.js'
import { gapObject } from '../db/changes.js'
import { gaps } from '../db/schema/gaps.js'
import type { LiveReader, LiveReaders } from '../live/readers.js'

/** Creates the readers that load changed objects for the stream, as the lists show them. */
export function createLiveReaders(db: NodePgDatabase, now: () => Date): LiveReaders {
  const of = <P extends TObject, Row, Item extends Shown>(resource: Resource<P, Row, Item>) =>
    readerOf(db, now, resource)
  return {
    call: of(calls),
    agent: agentReader(db, now),
    voicemail: of(voicemails),
    message: of(messages),
    gap: gapReader(db)
  }
}

interface Shown {
  account: string
  id: string
}

function readerOf<P extends TObject, Row, Item extends Shown>(
  db: NodePgDatabase,
  now: () => Date,
  resource: Resource<P, Row, Item>
): LiveReader {
  return async (viewer, keys) => {
    const items = await findByIds(resource, {
      db,
      viewer,
      now: now(),
      keys: keys.map(({ account, object: id }) => ({ account, id }))
    })
    return items.map(row => ({ account: row.account, object: row.id, row }))
  }
}

/** Each organization that an agent talks with sees only its own calls of the agent. */
function agentReader(db: NodePgDatabase, now: () => Date): LiveReader {
  return async (viewer, keys) => {
    const agents = await findAgentsByIds(
      db,
      viewer,
      keys.map(({ account, object: id }) => ({ account, id })),
      now()
    )
    return agents.map(row => ({ account: row.account, object: row.extension, row }))
  }
}

function gapReader(db: NodePgDatabase): LiveReader {
  return async (viewer, keys) => {
    const { account, entity } = gaps
    const keyed = keys.map(key => ({ account: key.account, id: key.object.replace(/^\S+ /, '') }))
    const kinds = new Set(keys.map(gap => `${gap.account}\n${gap.object}`))
    const rows = await db
      .select()
      .from(gaps)
      .where(and(hasKeyIn(keyed, { account, id: entity, idType: 'text' }), ofAccount(viewer, account)))
    return rows
      .filter(row => kinds.has(`${row.account}\n${gapObject(row)}`))
      .map(({ entity: id, ...row }) => ({
        account: row.account,
        object: gapObject({ kind: row.kind, entity: id }),
        row: toGap({ ...row, id })
      }))
  }
}
