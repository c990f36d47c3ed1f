import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Offset, TopicPartition } from '../../../src/event-log/port.js'

/**
 * Returns the next offset to handle, or `first` when none was saved: checkpoints of a subscriber without a database.
 */
export function loadCheckpoint(dir: string, partition: TopicPartition): Offset | 'first' {
  try {
    return BigInt(readFileSync(fileOf(dir, partition), 'utf8'))
  } catch {
    return 'first'
  }
}

/** Writes atomically: the checkpoint survives a killed process. */
export function saveCheckpoint(dir: string, partition: TopicPartition, next: Offset): void {
  const file = fileOf(dir, partition)
  writeFileSync(`${file}.${process.pid}`, String(next))
  renameSync(`${file}.${process.pid}`, file)
}

function fileOf(dir: string, { topic, partition }: TopicPartition): string {
  return path.join(dir, `${topic}-${partition}`)
}
