import { createHash } from 'node:crypto'
import type { AccountSettings } from '../../accounts/accounts.js'
import type { StoredRecord } from '../../event-log/port.js'
import type { Event } from '../../events/event.js'
import { decodeRecord } from '../../events/record.js'
import { reparse } from '../../mightycall/webhook/reparse.js'
import { claimedAccount, type DeadLetter } from './dead-letters.js'

export interface DecodedRecord {
  record: StoredRecord
  event: Event
}

/** The events in the records, and the records that hold none. */
export function decodeAll(
  records: readonly StoredRecord[],
  settings: AccountSettings
): { decoded: DecodedRecord[]; undecodable: DeadLetter[] } {
  const decoded: DecodedRecord[] = []
  const undecodable: DeadLetter[] = []
  for (const record of records) {
    try {
      decoded.push({ record, event: decodeByTodaysParser(record, settings) })
    } catch (err) {
      // decodeRecord throws nothing else
      undecodable.push({ record, id: digestOf(record), account: claimedAccount(record), err: err as Error })
    }
  }
  return { decoded, undecodable }
}

/**
 * The event in a record. What the receiver did not know may be known by now: that one may have been older, or the
 * record be.
 * @throws UndecodableRecordError
 */
export function decodeByTodaysParser(record: Pick<StoredRecord, 'value'>, { regionOf }: AccountSettings): Event {
  const event = decodeRecord(record)
  return event.type === 'unclassified' ? reparse(event, regionOf(event.account)) : event
}

/** By its event's id, or by its bytes: what one version cannot decode another one can. */
export function isRecord(record: StoredRecord, id: string | null, settings: AccountSettings): boolean {
  const {
    decoded: [first]
  } = decodeAll([record], settings)
  return first?.event.id === id || digestOf(record) === id
}

export function digestOf(record: StoredRecord): string {
  return createHash('sha256')
    .update(record.value ?? '')
    .digest('hex')
}
