import { columnName } from '../../../db/bulk-sql.js'
import { callHistory, callLegs } from '../../../db/schema/calls.js'
import { isMissing } from '../../../events/external-id.js'
import type { ExtensionSighting } from '../discovered-extensions.js'
import { modelTable, type ReadModel } from '../read-model.js'
import type { Contribution } from '../reports.js'
import { contributionOf, DROPPABLE_SECONDS } from './contribution.js'
import type { CallRow, FoldedCallEvent } from './facts.js'
import { type Call, foldCall } from './fold.js'
import { type CallStatistics, isAnsweredElsewhere, statisticsOf } from './statistics.js'

interface CallHistory extends Call, CallStatistics, Pick<CallRow, 'account' | 'callId'> {
  contribution: Contribution[]
  sightings: ExtensionSighting[]
}

/** `call_history` and `call_legs`. */
export const calls: ReadModel<'call', CallHistory> = {
  kind: 'call',
  liveKind: 'call',
  foldVersion: 7,
  fold: ({ entity: { account, entity }, events }, settings) => {
    if (isMissing(entity)) return null // older versions merged all calls without an id
    const call = foldCall(events)
    return (
      call && {
        account,
        callId: entity,
        ...call,
        ...statisticsOf(call, events),
        contribution: contributionOf(call, {
          timeZone: settings.timeZoneOf(account),
          droppedUnderSeconds: settings.droppedUnderSecondsOf(account)
        }),
        sightings: sightingsIn(account, events)
      }
    )
  },
  tables: [
    modelTable({ table: callHistory, entity: 'callId', rowsOf: (call: CallHistory) => [call] }),
    modelTable({
      table: callLegs,
      entity: 'callId',
      agent: 'extension',
      many: true, // a late event may show that an attempt did not take place
      rowsOf: ({ account, callId, legs }: CallHistory) =>
        legs.map(leg => ({ ...leg, account, callId, answeredElsewhere: isAnsweredElsewhere(leg, legs) }))
    })
  ],
  reports: {
    contributionOf: row => row.contribution,
    dateColumn: columnName(callHistory, 'startedAt'),
    droppableSeconds: DROPPABLE_SECONDS
  },
  sightingsIn: row => row.sightings
}

/** Taken from the events, not from the legs: a late event may remove a leg, but its extension exists all the same. */
function sightingsIn(account: string, events: readonly FoldedCallEvent[]): ExtensionSighting[] {
  return events.flatMap(event => {
    const at = Date.parse(event.occurredAt)
    const extensions = event.type === 'call.reported' ? event.parties.map(party => party.extension) : [event.extension]
    return extensions.flatMap(extension =>
      extension === null || isMissing(extension) ? [] : [{ account, extension, at }]
    )
  })
}
