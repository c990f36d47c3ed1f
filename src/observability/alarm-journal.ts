import type { Metrics } from './metrics.js'

interface Raised {
  /** When it was first raised since it was last resolved. */
  since: Date
  lastSeenAt: Date
  /** How often it was raised since it was last saved. */
  count: number
}

/** An alarm as this process knows it: what has changed since it was last saved. */
export interface AlarmChange {
  name: string
  /** What the alarm is about, such as an account; empty when the name says it all. */
  subject: string
  /** `null` when it has only been resolved since it was last saved. */
  raised: Raised | null
  /** `null` while it lasts. */
  resolvedAt: Date | null
}

/** The alarms of this process since its start. They are kept in memory until they are saved in the database. */
export interface AlarmJournal {
  raise: (name: string, subject: string) => void
  /** Returns true when this process has raised the alarm and not resolved it yet. */
  resolve: (name: string, subject: string) => boolean
  /** Saves what has changed. When `write` rejects, the changes are kept for the next time. */
  save: (write: (changes: readonly AlarmChange[]) => Promise<void>) => Promise<void>
  /** Returns the alarms of this process that last, with how often each was raised since it was last saved. */
  lasting: () => (Raised & Pick<AlarmChange, 'name' | 'subject'>)[]
  /** Calls the function after each change. */
  onChange: (listener: () => void) => void
}

interface Entry extends Omit<AlarmChange, 'raised'> {
  times: Pick<Raised, 'since' | 'lastSeenAt'> | null
  unsaved: number
  /** Counts the changes. */
  version: number
  savedVersion: number
}

/** Creates the journal, which also counts alarms in the metrics. */
export function createAlarmJournal({ alarms, lastAlarm }: Metrics, now: () => Date): AlarmJournal {
  const entries = new Map<string, Entry>()
  let listener = () => {}

  function entryOf(name: string, subject: string): Entry {
    const key = `${name} ${subject}`
    const known = entries.get(key)
    if (known) return known
    const entry: Entry = { name, subject, times: null, unsaved: 0, resolvedAt: null, version: 0, savedVersion: 0 }
    entries.set(key, entry)
    return entry
  }

  return {
    raise: (name, subject) => {
      const at = now()
      alarms.inc({ name })
      lastAlarm.set({ name }, at.getTime() / 1000)
      const entry = entryOf(name, subject)
      const lasts = entry.times !== null && entry.resolvedAt === null
      entry.times = { since: lasts ? (entry.times?.since ?? at) : at, lastSeenAt: at }
      entry.resolvedAt = null
      entry.unsaved++
      entry.version++
      listener()
    },
    resolve: (name, subject) => {
      const entry = entryOf(name, subject)
      if (entry.resolvedAt) return false
      entry.resolvedAt = now()
      entry.version++
      listener()
      return entry.times !== null
    },
    save: async write => {
      const changed = [...entries.values()].filter(({ version, savedVersion }) => version > savedVersion)
      if (changed.length === 0) return
      const before = changed.map(entry => ({ entry, unsaved: entry.unsaved, version: entry.version }))
      await write(
        changed.map(({ name, subject, times, unsaved, resolvedAt }) => ({
          name,
          subject,
          raised: times && unsaved > 0 ? { ...times, count: unsaved } : null,
          resolvedAt
        }))
      )
      for (const { entry, unsaved, version } of before) {
        entry.unsaved -= unsaved
        entry.savedVersion = version
      }
    },
    lasting: () =>
      [...entries.values()].flatMap(({ name, subject, times, unsaved, resolvedAt }) =>
        times === null || resolvedAt !== null ? [] : [{ name, subject, ...times, count: unsaved }]
      ),
    onChange: to => {
      listener = to
    }
  }
}

const JOURNAL = Symbol('alarms')

/** Makes the logger, and the child loggers that are made of it, note alarms in the journal. */
export function attachJournal(logger: object, journal: AlarmJournal): void {
  Object.defineProperty(logger, JOURNAL, { value: journal })
}

/** Returns the journal of a logger or of the logger that it is a child of. `null` when it has none. */
export function journalOf(logger: object | undefined): AlarmJournal | null {
  return (logger as { [JOURNAL]?: AlarmJournal } | undefined)?.[JOURNAL] ?? null // only attachJournal sets it
}
