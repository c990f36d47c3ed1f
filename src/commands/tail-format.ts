import { styleText } from 'node:util'
import type { StoredRecord } from '../event-log/port.js'

/** One JSON object, for programs. */
export function asLine ({ topic, partition, offset, key, headers, value }: StoredRecord, prefix: string): string {
  return JSON.stringify({ topic: `${prefix}.${topic}`, partition, offset: Number(offset), key, headers, value: parse(value) })
}

/** What a person looks for: when, what, which call, who. */
export function asPrettyLine ({ topic, value }: StoredRecord, prefix: string): string {
  const event = parse(value)
  if (typeof event !== 'object' || event === null) return styleText('red', `${prefix}.${topic}: no event`)
  const { occurredAt, type, callId, extension, from, to, reason } = event as Record<string, unknown> // any JSON object
  const parts = [
    styleText('gray', text(occurredAt)),
    styleText(type === 'unclassified' ? 'yellow' : 'green', text(type).padEnd(17)),
    text(callId ?? reason),
    ...extension ? [styleText('cyan', `ext ${text(extension)}`)] : [],
    ...from || to ? [`${text(from)} → ${text(to)}`] : []
  ]
  return parts.join('  ')
}

/** Control characters would move the terminal's cursor. */
function text (value: unknown): string {
  return String(value ?? '').replace(/\p{Cc}/gu, '\uFFFD')
}

function parse (value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? 'null')
  } catch {
    return value?.toString('base64')
  }
}
