import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Test } from 'tap'
import { type LocalLog, type LocalLogOptions, openLocalLog } from '../../../../src/event-log/local/local-log.js'
import type { EventReader, LogRecord, Offset, StoredRecord } from '../../../../src/event-log/port.js'
import { TOPICS, type Topic } from '../../../../src/events/topics.js'

export function tempDir(t: Test): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-log-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Opens a log that is closed when the test ends. */
export async function openLog(t: Test, options: LocalLogOptions): Promise<LocalLog> {
  const log = await openLocalLog(options)
  t.teardown(() => log.close())
  return log
}

export function record(text: string, topic: Topic = 'calls'): LogRecord {
  return { topic, key: `acme:${text}`, value: Buffer.from(text), headers: { id: text } }
}

export function textOf(record: StoredRecord): string {
  return String(record.value)
}

/** `${offset} ${text}` of each record. */
export function listOf(records: readonly StoredRecord[]): string[] {
  return records.map(record => `${record.offset} ${textOf(record)}`)
}

/** Reads in order until `enough` says so of what was read. */
export async function readUntil(
  reader: EventReader,
  enough: (records: StoredRecord[]) => boolean,
  from: Offset | 'first' = 'first'
): Promise<StoredRecord[]> {
  const found: StoredRecord[] = []
  let done = () => {}
  const reading = new Promise<void>(resolve => {
    done = resolve
  })
  const subscription = await reader.subscribe({
    group: 'test',
    topics: TOPICS,
    startAt: async () => from,
    handle: async ({ records }) => {
      found.push(...records)
      if (enough(found)) done()
    }
  })
  await reading
  await subscription.close()
  return found.sort((a, b) => Number(a.offset - b.offset))
}

/** Everything in the log, found by appending a last record of each topic and reading up to those. */
export async function readAll(log: LocalLog, from: Offset | 'first' = 'first'): Promise<StoredRecord[]> {
  const end = (await log.bounds('calls'))[0]?.end ?? 0n
  await log.append(TOPICS.map(topic => record('the end', topic)))
  const records = await readUntil(
    log,
    found => found.filter(({ offset }) => offset >= end).length === TOPICS.length,
    from
  )
  return records.filter(({ offset }) => offset < end)
}

/** Appends each text as a group of its own. */
export async function appendEach(log: LocalLog, texts: readonly string[]): Promise<void> {
  for (const text of texts) await log.append([record(text)])
}

/** The names of the segments, oldest first. */
export function segmentsIn(dir: string): string[] {
  return readdirSync(dir)
    .filter(name => name.endsWith('.seg'))
    .sort()
}

/** A log as a crash, or a bad disk, may have left it: the same id, and segments that `edit` has changed. */
export function damagedCopy(t: Test, from: string, edit: (bytes: Buffer, name: string) => Buffer): string {
  const dir = tempDir(t)
  copyFileSync(path.join(from, 'id'), path.join(dir, 'id'))
  for (const name of segmentsIn(from))
    writeFileSync(path.join(dir, name), edit(readFileSync(path.join(from, name)), name))
  return dir
}
