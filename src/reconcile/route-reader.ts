import type pg from 'pg'
import type { Account } from '../accounts/accounts.js'
import type { CallReported } from '../events/call.js'
import type { ContactEvent, ExtensionReported, NumberEvent, RangePolled } from '../events/directory.js'
import type { Event } from '../events/event.js'
import type { MessageReported } from '../events/message.js'
import type { StatusReported } from '../events/status.js'
import type { VoicemailReported } from '../events/voicemail.js'
import type { RestClient } from '../mightycall/rest/client.js'
import type { PermitClass } from '../mightycall/rest/quota/port.js'

/**
 * An event that REST has told, before it is known whether it says anything new: its id depends on what was said before.
 */
export type Fact = FactOf<
  | CallReported
  | VoicemailReported
  | MessageReported
  | StatusReported
  | NumberEvent
  | ExtensionReported
  | ContactEvent
  | RangePolled
>
export type FactOf<E extends Event> = E extends Event ? Omit<E, 'id'> : never

/** From and until, in UTC: `from` ≤ t < `until`. */
export interface Interval {
  from: Date
  until: Date
}

export interface AccountContext {
  account: Account
  /** MightyCall as the user of an extension sees it. */
  clientOf: (extension: string) => RestClient
  permitClass: PermitClass
  now: () => Date
  /** Rows in one answer. With less than 20, many pages of a list that is asked for by their numbers cannot overlap. */
  pageSize?: number
}

/** What a reader is given. */
export interface ReadContext extends AccountContext {
  lookups: ReaderLookups
}

/**
 * What a row of the journal says of a call or a voicemail that it does not name: its own id is not theirs, its
 * requestGuid may be nil,
 * and a voicemail has the id that /voicemails gives it. See link.ts.
 */
export interface UnlinkedRow {
  /** The requestGuid; null: nil. The call's report is among the facts then, and here only to be compared with. */
  callId: string | null
  call: Omit<FactOf<CallReported>, 'callId'>
  voicemail: Omit<FactOf<VoicemailReported>, 'voicemailId' | 'callId'> | null
}

/** A page of an answer. */
export interface Page {
  facts: Fact[]
  unlinked: UnlinkedRow[]
  /** Rows of MightyCall's that no earlier page had, whatever they became. */
  rows: number
  /** Of these, those that could not be read: what they tell is not known. Absent: none. */
  unreadable?: number
}

/**
 * One thing that MightyCall can be asked for, page by page. A new one is one file and one line in the list of readers.
 */
export interface RouteReader {
  /** As `range.polled` names it. */
  route: 'calls' | 'journal' | 'voicemails' | 'numbers' | 'extensions' | 'contacts' | 'presence'
  /** Null: the whole account is read at once; else by extension, or whatever the account has several of. */
  scopes: (account: Account) => readonly (string | null)[]
  /**
   * A route without times gives all there is, whatever the interval; contacts give what has changed since its
   * beginning,
   * and all when that is 1970. A row may come twice, the later one newer.
   * @throws the errors that `restFailureOf` distinguishes
   */
  read: (context: ReadContext, interval: Interval, scope: string | null) => AsyncGenerator<Page>
}

/**
 * What of an account has been told before, as far as it is projected: REST has no list of some of it, and of some
 * forgets what is gone.
 */
export interface ReaderLookups {
  /** Of all business numbers that were ever listed, in no order. */
  numbers: () => Promise<readonly string[]>
  /** Of those that a webhook, the journal or a profile has shown; those of whom least is known come first. */
  extensions: () => Promise<readonly string[]>
}

const NUMBERS = 'select number from phone_numbers where account = $1'
const EXTENSIONS =
  'select extension from mightycall_extensions where account = $1 order by display_name is not null, extension'

export function createLookups(pool: pg.Pool, account: string): ReaderLookups {
  return {
    numbers: async () => (await pool.query<{ number: string }>(NUMBERS, [account])).rows.map(row => row.number),
    extensions: async () =>
      (await pool.query<{ extension: string }>(EXTENSIONS, [account])).rows.map(row => row.extension)
  }
}
