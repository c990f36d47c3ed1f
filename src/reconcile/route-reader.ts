import type pg from 'pg'
import type { Account } from '../accounts/accounts.js'
import type { CallReported } from '../events/call.js'
import type { Event } from '../events/event.js'
import type { VoicemailReported } from '../events/voicemail.js'
import type { RestClient } from '../mightycall/rest/client.js'
import type { PermitClass } from '../mightycall/rest/quota/port.js'
import type { LookBack } from './look-back.js'

/**
 * Everything that is known about reading one route of MightyCall's REST API.
 * To add a reader, write its file in routes/ and add its line to routes/all-routes.ts: the schedule, the backfills, the
 * detection of changes and the sync are derived from that list.
 */
export interface RouteReader {
  /** The name in cursors, `range.polled` events and GET /v1/sync; it is stored, so it is never renamed. */
  route: string
  schedule: Schedule
  /**
   * How far back some of the readings go, given the length of the longest plausible call; none for a route whose rows
   * neither appear late nor change after they were read once.
   */
  lookBacks: (longestCallMs: number) => readonly LookBack[]
  /**
   * A query of the times (`at`) of rows that are unread here and may be read in MightyCall; $1 is the account. Absent
   * when its rows have no such flag.
   */
  unread?: string
  /** Null when the route has no times and reports the current state only: its first reading asks for everything. */
  history: History | null
  /** The routes whose facts its unlinked rows are matched with; they are read, and projected, first. */
  linksTo: readonly string[]
  /** The facts that it reports, and when one of them is a change. Routes that report the same type share its rule. */
  changes: Partial<Record<ReportedFact['type'], ChangeRule>>
  /** What is read separately, such as each extension; `null` stands for the whole account. */
  scopes: (account: Account) => readonly (string | null)[]
  /**
   * Yields the rows of the interval, page by page. A row may come twice; the later one is newer.
   * A route without times yields all its rows, whatever the interval; /contacts yields what has changed since the
   * interval began, and everything when it begins in 1970.
   *
   * @throws the errors that failures.ts classifies
   */
  read: (context: ReadContext, interval: Interval, scope: string | null) => AsyncGenerator<Page>
}

/** How often a route is read. */
export interface Schedule {
  /** While the account has traffic. */
  busyMs: number
  /** While it has none. */
  quietMs: number
  /** While the route is known to have something that was not read yet. */
  awaited?: {
    everyMs: number
    /** A boolean SQL expression; $1 is the account (text), $2 the current time (timestamptz). */
    condition: string
  }
}

/** How a route with times is read by a backfill. Rows of linked calls and voicemails may lie outside its interval. */
interface History {
  beforeMs: number
  afterMs: number
}

/** A fact becomes an event only when its content differs from the newest fact that it is compared with. */
export interface ChangeRule {
  /**
   * `same-route`: the entity's newest fact of the same route, since the fold takes the newest of each route.
   * `any-route`: the entity's newest fact of any route.
   */
  comparedWith: 'same-route' | 'any-route'
  /** True when a backfill, whose rows are old, must not replace what is known already, such as an agent's name. */
  keepsKnownInBackfill?: true
}

/** An event that the REST API can report. */
type RestEvent = Extract<Event, { type: `${string}.reported` | `${string}.removed` | 'range.polled' }>

/**
 * What a row of the REST API says: an event without its id. The id depends on the fact before it, and is known when the
 * fact is appended.
 */
export type Fact = FactOf<RestEvent>
export type FactOf<E extends Event> = E extends Event ? Omit<E, 'id'> : never
/** A fact about an entity, rather than about the reading itself. */
export type ReportedFact = Exclude<Fact, { type: 'range.polled' }>

/** `from` ≤ t < `until`. */
export interface Interval {
  from: Date
  until: Date
}

/** How an account is asked. */
export interface AccountContext {
  account: Account
  /** The REST client that authenticates as the user of this extension. */
  clientOf: (extension: string) => RestClient
  permitClass: PermitClass
  now: () => Date
  /**
   * Rows in one answer; by default as many as the route allows. Below 20, the pages of a long list that is asked for by
   * page number cannot overlap.
   */
  pageSize?: number
}

export interface ReadContext extends AccountContext {
  lookups: ReaderLookups
}

/** A page of a route. */
export interface Page {
  facts: Fact[]
  unlinked: UnlinkedRow[]
  /** Rows that no earlier page had, whether or not they became facts. */
  rows: number
  /** How many of these rows could not be read; 0 by default. */
  unreadable?: number
}

/**
 * What a row of the journal says of a call or a voicemail without naming it: the row has an id of its own, its
 * requestGuid may be nil, and a voicemail's id is known to /voicemails alone. See link.ts.
 */
export interface UnlinkedRow {
  /** The requestGuid, or null when it is nil. With a requestGuid the call is also among the page's facts. */
  callId: string | null
  call: Omit<FactOf<CallReported>, 'callId'>
  voicemail: Omit<FactOf<VoicemailReported>, 'voicemailId' | 'callId'> | null
}

/** What earlier readings and webhooks have shown of an account, for routes that have no list of their own. */
export interface ReaderLookups {
  /** All business numbers that were ever listed, in no order. */
  numbers: () => Promise<readonly string[]>
  /** The extensions that a webhook, the journal or a profile has shown; those without a name come first. */
  extensions: () => Promise<readonly string[]>
}

const NUMBERS = 'select number from phone_numbers where account = $1'
const EXTENSIONS = `select extension from mightycall_extensions where account = $1
  order by display_name is not null, extension`

export function createLookups(pool: pg.Pool, account: string): ReaderLookups {
  return {
    numbers: async () => (await pool.query<{ number: string }>(NUMBERS, [account])).rows.map(row => row.number),
    extensions: async () =>
      (await pool.query<{ extension: string }>(EXTENSIONS, [account])).rows.map(row => row.extension)
  }
}
