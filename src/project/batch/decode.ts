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

/** Decodes the records; those that contain no event are returned as dead letters. */
export function decodeAll(
  records: readonly StoredRecord[],
  settings: AccountSettings
): { decoded: DecodedRecord[]; undecodable: DeadLetter[] } {
  const decoded: DecodedRecord[] = []
  const undecodable: DeadLetter[] = []
  for (const record of records) {
    try {
      decoded.push({ record, event: decodeWithCurrentParser(record, settings) })
    } catch (err) {
      // decodeRecord throws nothing else
      undecodable.push({ record, id: digestOf(record), account: claimedAccount(record), err: err as Error })
    }
  }
  return { decoded, undecodable }
}

/**
 * The event in a record. An event that the receiver could not classify is parsed again, since the receiver or the
 * record may be older than this version.
 * @throws UndecodableRecordError
 */
export function decodeWithCurrentParser(record: Pick<StoredRecord, 'value'>, { regionOf }: AccountSettings): Event {
  const event = decodeRecord(record)
  return event.type === 'unclassified' ? reparse(event, { region: regionOf(event.account) }) : event
}

/** Compares by the id of the event or by the digest: a record may be decodable for one version and not for another. */
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
