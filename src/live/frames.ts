import type { NumberedChange } from '../db/changes.js'
import type { Scope } from './interest.js'
import type { LiveKey, LiveKind, LiveReaders } from './readers.js'

/** An object as it is now, ready to be sent. */
export interface Frame {
  /** Of its last change. */
  number: number
  kind: LiveKind
  account: string
  text: string
}

/** An event of the stream; without a number a client that comes back does not go on from it. */
export function eventText(event: string, data: object, number: number | null = null): string {
  // JSON holds no line break
  return `${number === null ? '' : `id: ${number}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Each object once, by its last change; in the order of these. */
export function lastOfEach(changes: readonly NumberedChange[]): NumberedChange[] {
  const last = new Map(changes.map(change => [`${change.kind}\n${keyOf(change)}`, change]))
  return [...last.values()].sort((a, b) => a.number - b.number)
}

/** What a scope is to be told of these changes: one query for each kind. */
export async function loadFrames(
  readers: LiveReaders,
  scope: Scope,
  kinds: ReadonlySet<LiveKind>,
  changes: readonly NumberedChange[]
): Promise<Frame[]> {
  const { account: own } = scope.viewer
  const visible = lastOfEach(changes.filter(({ account }) => own === null || own === account))
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
  if (!scope.shows(`${kind}\n${account}\n${object}`, row !== null)) return []
  const data = row ? { revision: number, object: row } : { revision: number, object: null, account, id: object }
  return [{ number, kind, account, text: eventText(kind, data, number) }]
}

const keyOf = ({ account, object }: LiveKey): string => `${account}\n${object}`
