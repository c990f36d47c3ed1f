import type { Account } from '../accounts.js'
import type { Event } from '../events/event.js'
import type { RestClient } from '../mightycall/rest/client.js'
import type { PermitClass } from '../mightycall/rest/quota-port.js'

/** An event that REST has told, before it is known whether it says anything new: its id depends on what was said before. */
export type Finding = WithoutId<Event>
type WithoutId<E extends Event> = E extends Event ? Omit<E, 'id'> : never

/** From and until, in UTC: `from` ≤ t < `until`. */
export interface Interval {
  from: Date
  until: Date
}

export interface ReadContext {
  account: Account
  /** MightyCall as the user of an extension sees it. */
  clientOf: (extension: string) => RestClient
  permitClass: PermitClass
  now: () => Date
}

/** A page of an answer. */
export interface Page {
  findings: Finding[]
  /** Rows of MightyCall's, whatever they became. */
  rows: number
}

/** One thing that MightyCall can be asked for, page by page. A new one is one file and one line in the list of readers. */
export interface Reader {
  /** As `range.polled` names it. */
  route: 'calls' | 'journal' | 'voicemails' | 'numbers' | 'extensions' | 'contacts' | 'presence'
  /** Null: the whole account is read at once; else by extension, or whatever the account has several of. */
  scopes: (account: Account) => readonly (string | null)[]
  /** A route without times gives all there is, whatever the interval. @throws what `troubleOf` tells apart */
  read: (context: ReadContext, interval: Interval, scope: string | null) => AsyncGenerator<Page>
}
