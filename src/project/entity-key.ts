import type { Columns } from '../db/unnest.js'
import type { Entity } from '../events/event.js'

/** The columns that name an entity in a bulk statement. */
export const entityColumns: Columns<Entity> = {
  account: { type: 'text', of: entity => entity.account },
  kind: { type: 'text', of: entity => entity.kind },
  entity: { type: 'text', of: entity => entity.entity }
}

export const entityKey = ({ account, kind, entity }: Entity): string => `${account}\n${kind}\n${entity}`

export function distinctEntities (entities: readonly Entity[]): Entity[] {
  return [...new Map(entities.map(entity => [entityKey(entity), entity])).values()]
}
