import type { NumberedChange } from '../db/changes.js'
import type { Scope } from './interest.js'
import type { LiveKey, LiveKind, LiveReaders } from './readers.js'

/** The current state of a changed object, serialized for the stream. */
export interface Frame {
  /** The number of its last change. */
  number: number
  kind: LiveKind
  account: string
  text: string
}

/** Formats an event. Without a number it has no id, so that a client that reconnects does not continue after it. */
export function eventText(event: string, data: object, number: number | null = null): string {
  // JSON holds no line break
  return `${number === null ? '' : `id: ${number}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Returns the last change of each object, in the order of the changes. */
function newestOfEach(changes: readonly NumberedChange[]): NumberedChange[] {
  const last = new Map(changes.map(change => [`${change.kind}\n${keyOf(change)}`, change]))
  return [...last.values()].sort((a, b) => a.number - b.number)
}

/** Loads the changed objects that a scope may see, with one query for each kind. */
export async function loadFrames(
  readers: LiveReaders,
  scope: Scope,
  kinds: ReadonlySet<LiveKind>,
  changes: readonly NumberedChange[]
): Promise<Frame[]> {
  const { account: own } = scope.viewer
  const visible = newestOfEach(changes.filter(({ account }) => own === null || own === account))
  const frames = await Promise.all(
    [...kinds].map(async kind => {
      const ofKind = visible.filter(change => change.kind === kind)
      if (kind === 'health' || ofKind.length === 0) return []
      const rows = await readers[kind](scope.viewer, ofKind)
      const found = new Map(rows.map(({ row, ...key }) => [keyOf(key), row]))
      return ofKind.flatMap(change => frameOf(scope, kind, change, found.get(keyOf(change)) ?? null))
    })
  )
  return frames.flat().sort((a, b) => a.number - b.number)
}

function frameOf(
  scope: Scope,
  kind: LiveKind,
  { number, account, object }: NumberedChange,
  row: object | null
): Frame[] {
  if (!scope.isDeliverable(`${kind}\n${account}\n${object}`, row !== null)) return []
  const data = row ? { revision: number, object: row } : { revision: number, object: null, account, id: object }
  return [{ number, kind, account, text: eventText(kind, data, number) }]
}

const keyOf = ({ account, object }: LiveKey): string => `${account}\n${object}`
