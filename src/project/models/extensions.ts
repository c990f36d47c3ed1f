import type { ExtensionReported } from '../../events/directory.js'
import type { Folded } from '../../events/event.js'
import { distinctById, firstKnown, iso, newestOfRoutes } from './facts.js'
import { type ReadModel, table } from './read-model.js'

/** What is reported of one extension; times in milliseconds since 1970. */
export interface Extension {
  displayName: string | null
  email: string | null
  role: string | null
  externalId: string | null
  createdAt: number
}

/**
 * The extension that these events describe, in any order and with doubles; null when there are none. Its profile knows
 * it best.
 */
export function foldExtension(events: readonly Folded<ExtensionReported>[]): Extension | null {
  if (events.length === 0) return null
  const distinct = distinctById(events)
  const facts = newestOfRoutes(distinct, ['profile', 'journal'])
  return {
    displayName: firstKnown(facts, fact => fact.name),
    email: firstKnown(facts, fact => fact.email),
    role: firstKnown(facts, fact => fact.role),
    externalId: firstKnown(facts, fact => fact.externalId),
    createdAt: Math.min(...distinct.map(event => Date.parse(event.occurredAt)))
  }
}

interface ExtensionRow extends Extension {
  account: string
  extension: string
}

/** `mightycall_extensions`: the names of those that calls have shown, and of others. See seen-extensions.ts. */
export const extensions: ReadModel<ExtensionRow> = {
  kind: 'extension',
  foldVersion: 1,
  sharesTable: true,
  fold: ({ entity: { account, entity }, events }) => {
    const extension = foldExtension(events as Folded<ExtensionReported>[]) // an entity of this kind has no other events
    return extension && { account, extension: entity, ...extension }
  },
  tables: [
    table<ExtensionRow, ExtensionRow>({
      name: 'mightycall_extensions',
      entity: 'extension',
      key: ['account', 'extension'],
      agent: 'extension',
      many: false,
      rowsOf: row => [row],
      columns: {
        account: { type: 'text', of: row => row.account },
        extension: { type: 'text', of: row => row.extension },
        display_name: { type: 'text', of: row => row.displayName },
        email: { type: 'text', of: row => row.email },
        role: { type: 'text', of: row => row.role },
        external_id: { type: 'text', of: row => row.externalId },
        // a call may have shown it earlier
        created_at: { type: 'timestamptz', of: row => iso(row.createdAt), least: true }
      }
    })
  ]
}
