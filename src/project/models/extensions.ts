import type { FoldedRow } from '../../db/bulk-sql.js'
import { extensions as table } from '../../db/schema/directory.js'
import type { ExtensionReported } from '../../events/directory.js'
import type { Folded } from '../../events/event.js'
import { distinctById, firstKnown, newestOfRoutes } from './facts.js'
import { modelTable, type ReadModel } from './read-model.js'

type ExtensionRow = FoldedRow<typeof table>

/** What the events of one extension amount to. */
export type Extension = Omit<ExtensionRow, 'account' | 'extension'>

/**
 * Folds the reports of one extension, or returns null when there are none; its profile takes precedence over the
 * journal. The order of the events and duplicates among them do not change the result.
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

/**
 * `mightycall_extensions`: the names of extensions, including those that no call has used. The rows of extensions that
 * only calls name come from discovered-extensions.ts.
 */
export const extensions: ReadModel<'extension', ExtensionRow> = {
  kind: 'extension',
  foldVersion: 1,
  sharesTable: true,
  fold: ({ entity: { account, entity }, events }) => {
    const extension = foldExtension(events)
    return extension && { account, extension: entity, ...extension }
  },
  tables: [
    modelTable({
      table,
      entity: 'extension',
      agent: 'extension',
      keepLeast: ['createdAt'], // a call may have named the extension earlier
      rowsOf: (row: ExtensionRow) => [row]
    })
  ]
}
