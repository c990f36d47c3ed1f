import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Batch, Offset, StoredRecord } from '../../../src/event-log/port.js'
import { eventually } from '../../support/eventually.js'
import { connectAdmin, openTestLog, recreateTopic, skip, type TestLog } from '../../support/kafka-log.js'
import { gather, record } from '../support/gather.js'

// A topic that is deleted and made again under a running consumer. A subscriber is always asked for its start again;
// what
// it then gets first is all that it can tell the new topic from the old one by: a lower offset than its checkpoint, or
// another record at it. A consumer fetches every 200 ms: a topic that is gone for less, and as long as before by then,
// goes by unnoticed.

const OURS = 2 // the partition of the one key
const some = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => record('default:a', `${name} ${i}`))
t.jobs = 3

t.test(
  'a topic re-created with fewer records: the range is logged, and reading starts at the first record',
  { skip, buffered: true },
  async t => {
    const { log, lines, seen, remake } = await subscribed(t)
    await remake({ numPartitions: 6, records: some('new', 2) })
    await eventually('the new records arrive', () => seen.texts().includes('new 1'))
    t.strictSame(
      seen.texts(),
      [...some('old', 5), ...some('new', 2)].map(({ value }) => String(value))
    )
    t.ok(
      seen.asked.length > 1 && seen.asked.slice(1).every(answer => answer === 5n),
      'asked again, and it answered with the checkpoint'
    )
    t.strictSame(seen.offsets().slice(5), [0n, 1n], 'below the checkpoint: a hole for the projector')
    t.match(
      lines.find(({ msg }) => String(msg).startsWith('the log no longer holds')),
      { wanted: '5', first: '0' }
    )
    await log.append(some('later', 1))
    await eventually('reading continues', () => seen.texts().includes('later 0'))
  }
)

t.test(
  'a topic re-created with more records: startAt is consulted again and gets another record',
  { skip, buffered: true },
  async t => {
    const { seen, remake, startAtLastHandled } = await subscribed(t)
    startAtLastHandled()
    await remake({ numPartitions: 6, records: some('new', 9) })
    await eventually('the new records arrive', () => seen.texts().includes('new 8'))
    t.ok(seen.asked.length > 1)
    // Where it is asked while the new topic is still short, the first of all comes instead; never one above the last
    // one handled.
    const [first = 99n] = seen.offsets().slice(5)
    t.ok(first <= 4n, 'at or below the offset of the last handled record')
    t.equal(seen.texts()[5], `new ${first}`, 'another record: a hole for the projector')
  }
)

t.test(
  'a topic re-created with fewer partitions: the consumer rejoins the group and reads the rest',
  { skip, buffered: true },
  async t => {
    const { seen, remake } = await subscribed(t)
    await remake({ numPartitions: 1, records: some('new', 3) })
    await eventually('the new records arrive', () => seen.texts().includes('new 2'))
    t.strictSame(seen.texts().slice(5), ['new 0', 'new 1', 'new 2'])
  }
)

interface Seen {
  /** What startAt answered for our partition. */
  asked: (Offset | 'first')[]
  texts: () => string[]
  offsets: () => Offset[]
}

interface Subscribed extends TestLog {
  seen: Seen
  remake: (next: { numPartitions: number; records: ReturnType<typeof some> }) => Promise<void>
  /** As the projector does: from the last record handled on, to compare it. */
  startAtLastHandled: () => void
}

/** A subscriber with a checkpoint of 5, after as many records. */
async function subscribed(t: Test): Promise<Subscribed> {
  const { topicPrefix: created } = await openTestLog(t)
  // otherwise the log would create the topic again by itself
  const opened = await openTestLog(t, { topicPrefix: created, createTopics: false })
  const { log, topicPrefix } = opened
  const admin = await connectAdmin(t)
  const asked: (Offset | 'first')[] = []
  const checkpoints = new Map<number, Offset>()
  const keep = async ({ partition, records }: Batch) => {
    checkpoints.set(partition, nextOf(records))
  }
  let back = 0n
  await log.append(some('old', 5))
  const { records, values } = await gather(t, log, {
    startAt: async ({ partition }) => {
      const checkpoint = checkpoints.get(partition)
      const start = checkpoint === undefined ? 'first' : checkpoint - back
      if (partition === OURS) asked.push(start)
      return start
    },
    handle: keep
  })
  await eventually('the old records arrive', () => values().length === 5)

  async function remake({ numPartitions, records }: Parameters<Subscribed['remake']>[0]): Promise<void> {
    await admin.deleteTopics({ topics: [`${topicPrefix}.calls`] })
    await sleep(500)
    await recreateTopic(admin, { topic: `${topicPrefix}.calls`, numPartitions })
    await eventually('the new topic accepts records', () =>
      log.append(records).then(
        () => true,
        () => false
      )
    )
  }

  const seen = { asked, texts: values, offsets: () => records.map(({ offset }) => offset) }
  return {
    ...opened,
    seen,
    remake,
    startAtLastHandled: () => {
      back = 1n
    }
  }
}

function nextOf(records: readonly StoredRecord[]): Offset {
  return (records.at(-1)?.offset ?? -1n) + 1n
}
