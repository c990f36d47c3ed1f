import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Offset, TopicPartition } from '../../../src/event-log/port.js'

/** The next offset to handle, or `first` when none was saved: for a subscriber that has no database. */
export function loadCheckpoint(dir: string, partition: TopicPartition): Offset | 'first' {
  try {
    return BigInt(readFileSync(fileOf(dir, partition), 'utf8'))
  } catch {
    return 'first'
  }
}

/** Whole or not at all, however the process dies. */
export function saveCheckpoint(dir: string, partition: TopicPartition, next: Offset): void {
  const file = fileOf(dir, partition)
  writeFileSync(`${file}.${process.pid}`, String(next))
  renameSync(`${file}.${process.pid}`, file)
}

function fileOf(dir: string, { topic, partition }: TopicPartition): string {
  return path.join(dir, `${topic}-${partition}`)
}
